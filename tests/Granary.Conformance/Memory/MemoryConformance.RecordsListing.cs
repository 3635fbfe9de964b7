using System.Text.Json;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_list_holds_what_the_filter_selects_and_nothing_else()
    {
        var user = Memory.User();
        var start = Memory.Time.GetUtcNow();
        await user.RememberAsync(Remember(
            Fact("a") with { AgentId = "coach", EventTime = start.AddDays(-10), Sources = [new MemorySource("s1"), new MemorySource("s2"), new MemorySource("s3")] },
            Fact("b") with { Kind = MemoryKind.Insight, Category = "goals" },
            Fact("c") with { Kind = MemoryKind.Insight, Category = "preferences", Sources = [new MemorySource("s2")] },
            Fact("d") with { Kind = MemoryKind.Summary }));
        async Task Selects(MemoryFilter filter, params string[] contents) =>
            (await MemoriesAsync(user, new MemoryQuery { Filter = filter, Limit = 2 })).Select(m => m.Content).Order().ShouldBe(contents);
        await Selects(new MemoryFilter { AgentId = "coach" }, "a");
        await Selects(new MemoryFilter { AgentId = "nobody" });
        await Selects(new MemoryFilter { Kinds = [MemoryKind.Insight, MemoryKind.Summary] }, "b", "c", "d");
        await Selects(new MemoryFilter { Categories = ["goals", "preferences"] }, "b", "c");
        await Selects(new MemoryFilter { SessionId = "s2" }, "a", "c");
        await Selects(new MemoryFilter { SessionId = "s9" });
        await Selects(new MemoryFilter { Role = MessageRole.User });
        await Selects(new MemoryFilter { To = start }, "a");
        await Selects(new MemoryFilter { From = start }, "b", "c", "d");
        await Selects(new MemoryFilter { Kinds = [MemoryKind.Insight], SessionId = "s2" }, "c");
        await Memory.RestartAsync();
        user = Memory.User();
        await Selects(new MemoryFilter { SessionId = "s3" }, "a");
        await Selects(new MemoryFilter { Categories = ["goals"] }, "b");
    }

    [Fact]
    public async Task A_list_by_metadata_looks_at_every_memory_and_pages_as_any_other()
    {
        var user = Memory.User();
        var drafts = Enumerable.Range(0, 250).Select(i => Fact($"fact {i:d3}") with { Metadata = JsonElement.Parse($$$"""{"n":{{{i}}},"tag":{"odd":{{{(i % 2 == 1 ? "true" : "false")}}}}}""") });
        foreach (var chunk in drafts.Chunk(100))
        {
            await user.RememberAsync(Remember(chunk));
        }

        var query = new MemoryQuery { Filter = new MemoryFilter { Metadata = JsonElement.Parse("""{"tag.odd":true,"n":{"gte":20}}""") }, Limit = 20 };
        var expected = Enumerable.Range(20, 230).Where(i => i % 2 == 1).Reverse().Select(i => $"fact {i:d3}").ToList();
        (await MemoriesAsync(user, query)).Select(m => m.Content).ShouldBe(expected);
        var page = await user.ListMemoriesAsync(query with { Offset = 30, Limit = 10 });
        page.Memories.Select(m => m.Content).ShouldBe(expected.Skip(30).Take(10));
        page.Total.ShouldBe(expected.Count);
    }

    [Fact]
    public async Task A_query_that_is_not_understood_is_refused()
    {
        var user = Memory.User();
        async Task Refuses(MemoryQuery query, string field) =>
            (await Should.ThrowAsync<InvalidRequestException>(() => user.ListMemoriesAsync(query))).Field.ShouldBe(field);
        await Refuses(new MemoryQuery { Limit = 0 }, "limit");
        await Refuses(new MemoryQuery { Offset = -1 }, "offset");
        await Refuses(new MemoryQuery { After = "x" }, "after");
        await Refuses(new MemoryQuery { Filter = new MemoryFilter { AgentId = "a b" } }, "filter.agent_id");
        await Refuses(new MemoryQuery { Filter = new MemoryFilter { Metadata = JsonElement.Parse("""{"n":{"like":1}}""") } }, "filter.metadata.n.like");
    }

    [Fact]
    public async Task The_figures_count_states_kinds_and_categories()
    {
        var user = Memory.User();
        var gone = await RememberAsync(user, Fact("gone"));
        await user.RememberAsync(Remember(
            Fact("soon over") with { ExpiresAt = Memory.Time.GetUtcNow().AddDays(3) },
            Fact("i1") with { Kind = MemoryKind.Insight, Category = "goals" },
            Fact("i2") with { Kind = MemoryKind.Insight, Category = "goals" }));
        await user.DeleteMemoryAsync(gone.Id);
        foreach (var _ in (int[])[1, 2])
        {
            var stats = await user.GetStatsAsync();
            (stats.ByState["active"], stats.ByState["expiring"], stats.ByState["deleted"]).ShouldBe((2, 1, 1));
            (stats.ByKind["fact"], stats.ByKind["insight"], stats.ByCategory["goals"]).ShouldBe((1, 2, 2));
            (stats.MeanAccessCount, stats.LastAccess, stats.Oldest).ShouldBe((0, null, Memory.Time.GetUtcNow()));
            await Memory.RestartAsync();
            user = Memory.User();
        }
    }
}
