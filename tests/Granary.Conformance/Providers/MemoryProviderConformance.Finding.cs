using System.Text.Json;

namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    [Fact]
    public async Task A_user_nobody_has_heard_of_has_nothing()
    {
        (await ListAsync()).ShouldBeEmpty();
        (await RecallAsync("tea")).ShouldBeEmpty();
        (await Provider.DeleteAsync(Ada, "m1")).ShouldBeFalse();
        (await Provider.EraseAsync(Ada)).ShouldBe(0);
        await Should.ThrowAsync<NotFoundException>(() => Provider.GetAsync(Ada, "m1"));
    }

    [Fact]
    public async Task What_was_kept_is_recalled_at_once_whatever_the_case()
    {
        await RememberAllAsync(Ada, "Ada likes Oolong in the morning", "The bicycle is red");
        (await RecallAsync("oolong")).ShouldBe(["Ada likes Oolong in the morning"]);
        (await RecallAsync("BICYCLE")).ShouldBe(["The bicycle is red"]);
        (await RecallAsync("xylophone")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recall_answers_no_more_than_asked_for()
    {
        await RememberAllAsync(Ada, [.. Enumerable.Range(1, 12).Select(number => $"tea number {number}")]);
        (await RecallAsync("tea", limit: 1)).Count.ShouldBe(1);
        (await RecallAsync("tea", limit: 5)).Count.ShouldBe(5);
        (await Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" })).Count.ShouldBe(10);
        var all = await Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea", Limit = MemoryLimits.MaxRecall });
        all.Select(memory => memory.Id).ShouldBeUnique();
        all.Count.ShouldBe(12);
    }

    [Fact]
    public async Task Recall_has_the_best_first()
    {
        await RememberAllAsync(Ada, "tea with milk and a long story about many other things besides", "green tea", "tea tea tea");
        var scores = (await Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" })).Select(memory => memory.SimilarityScore).OfType<double>().ToList();
        scores.ShouldBe(scores.OrderDescending());
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("\\")]
    [InlineData("'")]
    [InlineData("a & | ! ( ) : * <-> b")]
    [InlineData("\U0001F642")]
    [InlineData("\u0001")]
    public async Task A_query_may_hold_any_character(string query)
    {
        await RememberAsync("tea");
        (await RecallAsync(query)).ShouldBeSubsetOf(["tea"]);
    }

    [Fact]
    public async Task A_list_has_the_youngest_first_and_pages_cover_it()
    {
        var contents = Enumerable.Range(1, 25).Select(number => $"memory {number}").ToArray();
        await RememberAllAsync(Ada, contents);
        (await ListAsync()).Select(memory => memory.Content).ShouldBe(contents.Reverse());
        var pages = new List<string>();
        for (var offset = 0; offset < 25; offset += 7)
        {
            var page = await Provider.ListAsync(Ada, 7, offset);
            page.Total.ShouldBe(Fixture.Counts ? 25 : page.Total);
            pages.AddRange(page.Memories.Select(memory => memory.Content));
        }

        pages.ShouldBe(contents.Reverse());
        (await Provider.ListAsync(Ada, 10, 25)).Memories.ShouldBeEmpty();
        (await Provider.ListAsync(Ada, 10, int.MaxValue)).Memories.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_deleted_is_nowhere_any_more()
    {
        var kept = await RememberAllAsync(Ada, "green tea", "black tea");
        (await Provider.DeleteAsync(Ada, kept[0].Id)).ShouldBeTrue();
        (await RecallAsync("tea")).ShouldBe(["black tea"]);
        (await ListAsync()).Select(memory => memory.Content).ShouldBe(["black tea"]);
        await Should.ThrowAsync<NotFoundException>(() => Provider.GetAsync(Ada, kept[0].Id));
        (await Provider.DeleteAsync(Ada, kept[0].Id)).ShouldBeFalse();
        if (Fixture.Counts)
        {
            (await Provider.CheckHealthAsync(Ada)).TotalMemories.ShouldBe(1);
        }
    }

    [Fact]
    public async Task An_agent_filter_holds_or_is_refused()
    {
        try
        {
            await RememberAsync("tea of the coach", agent: "coach");
        }
        catch (InvalidRequestException)
        {
            await ShouldHoldAsync(new MemoryFilter { AgentId = "coach" }, []);
            return;
        }

        await RememberAsync("tea of nobody");
        await ShouldHoldAsync(new MemoryFilter { AgentId = "coach" }, ["tea of the coach"]);
        await ShouldHoldAsync(new MemoryFilter { AgentId = Ids.DefaultAgent }, ["tea of nobody"]);
        await ShouldHoldAsync(new MemoryFilter { AgentId = "other" }, []);
    }

    [Fact]
    public async Task A_time_filter_holds_or_is_refused()
    {
        var kept = await RememberAllAsync(Ada, "tea one", "tea two", "tea three");
        var second = kept[1].CreatedAt;
        await ShouldHoldAsync(new MemoryFilter { From = second }, ["tea two", "tea three"]);
        await ShouldHoldAsync(new MemoryFilter { To = second }, ["tea one"]);
        await ShouldHoldAsync(new MemoryFilter { From = second, To = kept[2].CreatedAt }, ["tea two"]);
        await ShouldHoldAsync(new MemoryFilter { From = kept[2].CreatedAt.AddDays(400) }, []);
    }

    [Theory]
    [InlineData("""{"topic":"tea"}""", "a,b")]
    [InlineData("""{"topic":"coffee"}""", "c")]
    [InlineData("""{"topic":{"ne":"tea"}}""", "c,d")]
    [InlineData("""{"topic":{"in":["coffee","juice"]}}""", "c")]
    [InlineData("""{"topic":{"nin":["coffee","juice"]}}""", "a,b,d")]
    [InlineData("""{"n":{"gt":1}}""", "b,c")]
    [InlineData("""{"n":{"gte":2,"lt":3}}""", "b")]
    [InlineData("""{"n":2.0}""", "b")]
    [InlineData("""{"tags":{"contains":"x"}}""", "a,c")]
    [InlineData("""{"topic":{"icontains":"OFF"}}""", "c")]
    [InlineData("""{"topic":{"exists":false}}""", "d")]
    [InlineData("""{"topic":"*"}""", "a,b,c")]
    [InlineData("""{"at.city":"Rome"}""", "d")]
    [InlineData("""{"OR":[{"n":1},{"n":3}]}""", "a,c")]
    [InlineData("""{"NOT":{"topic":"tea"}}""", "c,d")]
    [InlineData("""{"AND":[{"topic":"tea"},{"n":{"lte":1}}]}""", "a")]
    [InlineData("""{"topic":"te%"}""", "")]
    public async Task A_metadata_filter_holds_or_is_refused(string filter, string expected)
    {
        await RememberAsync("drink a", metadata: """{"topic":"tea","n":1,"tags":["x","y"]}""");
        await RememberAsync("drink b", metadata: """{"topic":"tea","n":2,"tags":["y"]}""");
        await RememberAsync("drink c", metadata: """{"topic":"coffee","n":3,"tags":["x"]}""");
        await RememberAsync("drink d", metadata: """{"at":{"city":"Rome"}}""");
        var contents = expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(name => $"drink {name}");
        await ShouldHoldAsync(new MemoryFilter { Metadata = JsonElement.Parse(filter) }, [.. contents], "drink");
    }

    [Fact]
    public async Task Filters_of_other_things_hold_or_are_refused()
    {
        await RememberAsync("tea");
        await ShouldHoldAsync(new MemoryFilter { Kinds = [MemoryKind.Insight] }, []);
        await ShouldHoldAsync(new MemoryFilter { Categories = ["goals"] }, []);
        await ShouldHoldAsync(new MemoryFilter { SessionId = "s1" }, []);
        await ShouldHoldAsync(new MemoryFilter { Role = MessageRole.Assistant }, []);
    }

    [Theory]
    [InlineData("""{"topic":{"like":"x"}}""")]
    [InlineData("""{"topic":{}}""")]
    [InlineData("""{"OR":{}}""")]
    [InlineData("[]")]
    [InlineData("7")]
    public async Task A_filter_that_nobody_understands_is_refused(string filter)
    {
        await RememberAsync("tea");
        var refused = await Should.ThrowAsync<InvalidRequestException>(() => RecallAsync("tea", filter: new MemoryFilter { Metadata = JsonElement.Parse(filter) }));
        refused.Field.ShouldStartWith("filter.metadata");
    }

    /// <summary>A filter is applied exactly, or refused by its name.</summary>
    private async Task ShouldHoldAsync(MemoryFilter filter, string[] expected, string query = "tea")
    {
        List<string> found;
        try
        {
            found = await RecallAsync(query, filter: filter);
        }
        catch (InvalidRequestException refused)
        {
            refused.Field.ShouldStartWith("filter.");
            return;
        }

        found.ShouldBe(expected, ignoreOrder: true);
    }
}
