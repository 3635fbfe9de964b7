using System.Text.Json;

namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    [Theory]
    [InlineData("")]
    [InlineData(" \t\r\n\u00a0\u2003")]
    public async Task A_content_that_is_no_text_is_refused(string content)
    {
        await ShouldRefuseAsync("content", () => RememberAsync(content));
        (await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_refused()
    {
        await ShouldRefuseAsync("content", () => RememberAsync("half \ud83d of a pair"));
        await ShouldRefuseAsync("query", () => RecallAsync("half \ude00 of a pair"));
    }

    [Fact]
    public async Task A_content_that_is_missing_is_refused() => await ShouldRefuseAsync("content", () => RememberAsync(null!));

    [Fact]
    public async Task A_content_that_is_too_large_is_refused()
    {
        // Characters of two bytes: the limit is of bytes.
        var refused = await Should.ThrowAsync<TooLargeException>(() => RememberAsync(new string('\u00e9', (MemoryLimits.MaxContentBytes / 2) + 1)));
        refused.Field.ShouldBe("content");
        (await ListAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("""{"a":1,"a":2}""")]
    public async Task Metadata_that_are_no_sound_object_are_refused(string metadata)
    {
        await ShouldRefuseAsync("metadata", () => RememberAsync("tea", metadata: metadata));
        (await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Metadata_that_are_too_large_are_refused()
    {
        var metadata = JsonSerializer.Serialize(new { a = new string('x', MessageLimits.MaxMetadataBytes) });
        (await Should.ThrowAsync<TooLargeException>(() => RememberAsync("tea", metadata: metadata))).Field.ShouldBe("metadata");
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a%")]
    [InlineData("\u00e9")]
    public async Task Ids_out_of_the_grammar_are_refused(string id)
    {
        await ShouldRefuseAsync("id", () => RememberAsync("tea", id: id));
        await ShouldRefuseAsync("agent_id", () => RememberAsync("tea", agent: id));
        await ShouldRefuseAsync("memory_id", () => Provider.GetAsync(Ada, id));
        await ShouldRefuseAsync("memory_id", () => Provider.DeleteAsync(Ada, id));
        var user = new UserKey("acme", id);
        await ShouldRefuseAsync("user_id", () => RememberAsync("tea", user));
        await ShouldRefuseAsync("user_id", () => RecallAsync("tea", user));
        await ShouldRefuseAsync("user_id", () => Provider.GetAsync(user, "m1"));
        await ShouldRefuseAsync("user_id", () => Provider.DeleteAsync(user, "m1"));
        await ShouldRefuseAsync("user_id", () => Provider.ListAsync(user));
        await ShouldRefuseAsync("user_id", () => Provider.EraseAsync(user));
        await ShouldRefuseAsync("tenant_id", () => RememberAsync("tea", new UserKey(id, "ada")));
        await ShouldRefuseAsync("tenant_id", () => RecallAsync("tea", new UserKey(id, "ada")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_001)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public async Task Limits_out_of_range_are_refused(int limit)
    {
        await ShouldRefuseAsync("limit", () => RecallAsync("tea", limit: limit));
        await ShouldRefuseAsync("limit", () => Provider.ListAsync(Ada, limit));
    }

    [Fact]
    public async Task A_negative_offset_is_refused() => await ShouldRefuseAsync("offset", () => Provider.ListAsync(Ada, 10, -1));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public async Task A_query_that_is_no_text_is_refused(string? query) => await ShouldRefuseAsync("query", () => RecallAsync(query!));

    [Fact]
    public async Task A_query_that_is_too_long_is_refused()
    {
        await ShouldRefuseAsync("query", () => RecallAsync(new string('x', 8_193)));
        (await RecallAsync(new string('x', 8_192))).ShouldBeEmpty();
    }

    private static async Task ShouldRefuseAsync(string field, Func<Task> call) =>
        (await Should.ThrowAsync<InvalidRequestException>(call)).Field.ShouldBe(field);
}
