namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    /// <summary>Texts that careless storage changes: both Unicode forms, beyond the BMP, right to left, control characters, line ends, quotes, patterns.</summary>
    public static TheoryData<string> Texts =>
    [
        "tea", "  spaces before, after and  between ", "first\r\nsecond\nthird\ttab", "\u0001 control \u007f", "caf\u00e9 is composed", "cafe\u0301 is decomposed",
        "\U0001F642 \U0001F468\u200d\U0001F469\u200d\U0001F467 emoji", "\u05e9\u05dc\u05d5\u05dd and \u4f60\u597d", "quote ' double \" back \\ slash", "100% _under_ [a-z] {0} $1 @p",
        "'); DROP TABLE memories; --", "{\"json\":true}",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_comes_back_as_it_was_given(string content)
    {
        var kept = await RememberAsync(content);
        kept.Content.ShouldBe(content);
        (await Provider.GetAsync(Ada, kept.Id)).Content.ShouldBe(content);
        (await ListAsync()).ShouldHaveSingleItem().Content.ShouldBe(content);
    }

    [Fact]
    public async Task The_longest_text_and_the_largest_metadata_come_back_whole()
    {
        var content = "word " + new string('\u00e9', (MemoryLimits.MaxContentBytes - 5) / 2);
        var metadata = $$"""{"m":"{{new string('x', Fixture.MaxMetadataBytes - 8)}}"}""";
        var kept = await RememberAsync(content, metadata: metadata);
        var read = await Provider.GetAsync(Ada, kept.Id);
        read.Content.ShouldBe(content);
        TextOf(read.Metadata).ShouldBe(metadata);
    }

    [Fact]
    public async Task A_text_with_a_null_character_is_kept_whole_or_refused()
    {
        try
        {
            var kept = await RememberAsync("before\0after");
            (await Provider.GetAsync(Ada, kept.Id)).Content.ShouldBe("before\0after");
        }
        catch (InvalidRequestException refused)
        {
            refused.Field.ShouldBe("content");
            (await ListAsync()).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"z":1,"a":2,"m":{"z":[],"a":{}}}""")]
    [InlineData("""{"n":[1,1.0,1.50,1e3,12345678901234567890,0.1234567890123456789,-0]}""")]
    [InlineData("""{"t":true,"f":false,"z":null,"e":"","s":" x "}""")]
    [InlineData("""{"":"empty name","a.b":1,"$or":[{"x":1}],"k\"q":"v\\"}""")]
    [InlineData("""{"emoji🙂":"🙂","é":"é","<b>":"&amp;'"}""")]
    public async Task Metadata_come_back_as_they_were_given(string metadata)
    {
        var expected = TextOf(System.Text.Json.JsonElement.Parse(metadata));
        var kept = await RememberAsync("tea", metadata: metadata);
        TextOf(kept.Metadata).ShouldBe(expected);
        TextOf((await Provider.GetAsync(Ada, kept.Id)).Metadata).ShouldBe(expected);
        TextOf((await ListAsync()).ShouldHaveSingleItem().Metadata).ShouldBe(expected);
        TextOf((await Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" })).ShouldHaveSingleItem().Metadata).ShouldBe(expected);
    }

    [Fact]
    public async Task Every_answer_tells_the_same_of_a_memory()
    {
        var kept = await RememberAsync("Ada likes oolong", metadata: """{"a":1}""");
        Ids.IsValid(kept.Id).ShouldBeTrue();
        (kept.UserId, kept.Provider, kept.Duplicate, kept.SimilarityScore).ShouldBe((Ada.User, Fixture.Source, false, null));
        (kept.AgentId ?? Ids.DefaultAgent).ShouldBe(Ids.DefaultAgent);
        var found = (await Provider.RecallAsync(Ada, new ProviderQuery { Query = "oolong" })).ShouldHaveSingleItem();
        if (found.SimilarityScore is { } score)
        {
            score.ShouldBeInRange(0, 1);
        }

        foreach (var other in new[] { await Provider.GetAsync(Ada, kept.Id), (await ListAsync()).ShouldHaveSingleItem(), found })
        {
            (other.Id, other.UserId, other.Content, other.AgentId, other.CreatedAt, other.UpdatedAt, other.Provider, other.Duplicate)
                .ShouldBe((kept.Id, kept.UserId, kept.Content, kept.AgentId, kept.CreatedAt, kept.UpdatedAt, kept.Provider, false));
            TextOf(other.Metadata).ShouldBe("""{"a":1}""");
        }
    }

    [Fact]
    public async Task A_memory_without_metadata_has_none()
    {
        var kept = await RememberAsync("tea");
        kept.Metadata.ShouldBeNull();
        (await Provider.GetAsync(Ada, kept.Id)).Metadata.ShouldBeNull();
    }

    [Fact]
    public async Task The_agent_is_kept_or_refused()
    {
        try
        {
            var kept = await RememberAsync("tea", agent: "coach");
            kept.AgentId.ShouldBe("coach");
            (await Provider.GetAsync(Ada, kept.Id)).AgentId.ShouldBe("coach");
        }
        catch (InvalidRequestException refused)
        {
            refused.Field.ShouldBe("agent_id");
            (await ListAsync()).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_given_id_is_taken_or_refused()
    {
        if (!Fixture.TakesIds)
        {
            (await Should.ThrowAsync<InvalidRequestException>(() => RememberAsync("tea", id: "m1"))).Field.ShouldBe("id");
            (await ListAsync()).ShouldBeEmpty();
            return;
        }

        foreach (var id in new[] { "m1", "M1", "a.b:c@d|e+f=g~h-i_j", new string('x', Ids.MaxLength) })
        {
            (await RememberAsync($"memory {id}", id: id)).Id.ShouldBe(id);
            (await Provider.GetAsync(Ada, id)).Content.ShouldBe($"memory {id}");
        }

        (await ListAsync()).Count.ShouldBe(4);
    }

    [Fact]
    public async Task The_same_id_with_the_same_content_is_kept_once()
    {
        if (!Fixture.TakesIds)
        {
            return;
        }

        var first = await RememberAsync("tea", id: "m1", metadata: """{"a":1}""");
        await Fixture.TickAsync();
        var again = await RememberAsync("tea", id: "m1", metadata: """{"a":1}""");
        (first.Duplicate, again.Duplicate).ShouldBe((false, true));
        (again.Id, again.CreatedAt).ShouldBe((first.Id, first.CreatedAt));
        (await ListAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_same_id_with_another_content_is_refused()
    {
        if (!Fixture.TakesIds)
        {
            return;
        }

        await RememberAsync("tea", id: "m1");
        await Should.ThrowAsync<ConflictException>(() => RememberAsync("coffee", id: "m1"));
        (await ListAsync()).ShouldHaveSingleItem().Content.ShouldBe("tea");
    }

    [Fact]
    public async Task The_same_content_is_kept_once_where_that_is_promised()
    {
        var first = await RememberAsync("Ada likes tea");
        await Fixture.TickAsync();
        var again = await RememberAsync("Ada likes tea");
        if (Fixture.KeepsOnce)
        {
            (again.Id, again.Duplicate, again.CreatedAt).ShouldBe((first.Id, true, first.CreatedAt));
            (await ListAsync()).ShouldHaveSingleItem().Duplicate.ShouldBeFalse();
        }

        (await RememberAsync("Ada likes green tea")).Duplicate.ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_deleted_can_be_kept_anew()
    {
        var first = await RememberAsync("tea");
        (await Provider.DeleteAsync(Ada, first.Id)).ShouldBeTrue();
        (await RememberAsync("tea")).Duplicate.ShouldBeFalse();
        (await ListAsync()).ShouldHaveSingleItem();
    }
}
