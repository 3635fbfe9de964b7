using System.Text.Json;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static MemoryDraft Fact(string content) => new() { Content = content };

    private static RememberRequest Remember(params MemoryDraft[] drafts) => new(drafts);

    private static async Task<MemoryRecord> RememberAsync(IUserMemory user, MemoryDraft draft) =>
        (await user.RememberAsync(Remember(draft))).Outcomes.ShouldHaveSingleItem().Record;

    private static async Task<List<MemoryRecord>> MemoriesAsync(IUserMemory user, MemoryQuery? query = null)
    {
        var all = new List<MemoryRecord>();
        query ??= new MemoryQuery();
        while (true)
        {
            var page = await user.ListMemoriesAsync(query);
            all.AddRange(page.Memories);
            if (page.Next is null)
            {
                all.Count.ShouldBe(page.Total);
                return all;
            }

            query = query with { After = page.Next };
        }
    }

    [Fact]
    public async Task A_memory_is_what_was_remembered_also_after_a_restart()
    {
        var draft = new MemoryDraft
        {
            Kind = MemoryKind.Insight,
            AgentId = "coach",
            Content = "Ada likes \"short\" answers\nwith emoji 🙂 and \u0001",
            Metadata = JsonElement.Parse("""{"a":{"b":[1,2.50,null]},"t":"ü"}"""),
            Category = "preferences",
            Confidence = 0.8,
            Importance = MemoryImportance.High,
            Pinned = true,
            EventTime = Memory.Time.GetUtcNow().AddDays(-3),
            ValidFrom = Memory.Time.GetUtcNow().AddDays(-2),
            ValidTo = Memory.Time.GetUtcNow().AddDays(2),
            ExpiresAt = Memory.Time.GetUtcNow().AddDays(30),
            Sources = [new MemorySource("s1", 1, 4), new MemorySource("s2")],
        };
        var outcome = (await Memory.User().RememberAsync(Remember(draft))).Outcomes.ShouldHaveSingleItem();
        outcome.Event.ShouldBe(MemoryEvent.Add);
        var stored = outcome.Record;
        (stored.Kind, stored.AgentId, stored.Content, stored.Category, stored.Label).ShouldBe((draft.Kind, "coach", draft.Content, "preferences", "INS-0001"));
        (stored.Confidence, stored.Importance, stored.Pinned, stored.State, stored.Revision).ShouldBe((0.8, MemoryImportance.High, true, MemoryState.Active, 1));
        (stored.EventTime, stored.ValidFrom, stored.ValidTo, stored.ExpiresAt).ShouldBe((draft.EventTime, draft.ValidFrom, draft.ValidTo, draft.ExpiresAt));
        (stored.CreatedAt, stored.UpdatedAt).ShouldBe((Memory.Time.GetUtcNow(), Memory.Time.GetUtcNow()));
        stored.Sources.ShouldBe(draft.Sources);
        JsonElement.DeepEquals(stored.Metadata!.Value, draft.Metadata!.Value).ShouldBeTrue();
        Same(await Memory.User().GetMemoryAsync(stored.Id), stored);
        Same((await MemoriesAsync(Memory.User())).ShouldHaveSingleItem(), stored);
        await Memory.RestartAsync();
        Same(await Memory.User().GetMemoryAsync(stored.Id), stored);
        Same((await MemoriesAsync(Memory.User())).ShouldHaveSingleItem(), stored);
    }

    [Fact]
    public async Task A_user_nobody_has_heard_of_has_no_memories()
    {
        var page = await Memory.User().ListMemoriesAsync(new MemoryQuery());
        page.Memories.ShouldBeEmpty();
        (page.Total, page.Next).ShouldBe((0, null));
        await Should.ThrowAsync<NotFoundException>(() => Memory.User().GetMemoryAsync("mem_none"));
        await Should.ThrowAsync<NotFoundException>(() => Memory.User().GetHistoryAsync("mem_none"));
        (await Memory.User().GetStatsAsync()).ByState["active"].ShouldBe(0);
    }

    [Fact]
    public async Task The_same_fact_is_kept_once_whatever_its_spaces_and_its_unicode_form()
    {
        var first = await RememberAsync(Memory.User(), Fact("Zoë  lives in\tBern"));
        foreach (var again in (string[])[" Zoe\u0308 lives in Bern\n", "Zoë lives in Bern", "Zoë  lives in\tBern"])
        {
            var outcome = (await Memory.User().RememberAsync(Remember(Fact(again)))).Outcomes.ShouldHaveSingleItem();
            (outcome.Event, outcome.Record.Id, outcome.Record.Content).ShouldBe((MemoryEvent.None, first.Id, first.Content));
        }

        foreach (var other in (MemoryDraft[])[Fact("zoë lives in Bern"), Fact("Zoë lives in Bern") with { AgentId = "coach" }, Fact("Zoë lives in Bern") with { Kind = MemoryKind.Insight }])
        {
            (await Memory.User().RememberAsync(Remember(other))).Outcomes.ShouldHaveSingleItem().Event.ShouldBe(MemoryEvent.Add);
        }

        (await MemoriesAsync(Memory.User())).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Fifty_callers_of_the_same_fact_leave_one()
    {
        var outcomes = (await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => Memory.User().RememberAsync(Remember(Fact("Ada plays chess")))))))
            .Select(r => r.Outcomes.ShouldHaveSingleItem()).ToList();
        outcomes.Count(o => o.Event == MemoryEvent.Add).ShouldBe(1);
        outcomes.Count(o => o.Event == MemoryEvent.None).ShouldBe(49);
        var kept = (await MemoriesAsync(Memory.User())).ShouldHaveSingleItem();
        outcomes.ShouldAllBe(o => o.Record.Id == kept.Id);
    }

    [Fact]
    public async Task A_list_is_paged_youngest_first_and_counts_all()
    {
        for (var i = 1; i <= 25; i++)
        {
            await Memory.User().RememberAsync(Remember(Fact($"fact {i}")));
            Memory.Time.Advance(TimeSpan.FromSeconds(i % 3));
        }

        var expected = Enumerable.Range(1, 25).Reverse().Select(i => $"fact {i}").ToList();
        (await MemoriesAsync(Memory.User())).Select(m => m.Content).ShouldBe(expected);
        (await MemoriesAsync(Memory.User(), new MemoryQuery { Limit = 7 })).Select(m => m.Content).ShouldBe(expected);
        var page = await Memory.User().ListMemoriesAsync(new MemoryQuery { Limit = 5, Offset = 10 });
        page.Memories.Select(m => m.Content).ShouldBe(expected.Skip(10).Take(5));
        page.Total.ShouldBe(25);
        (await Memory.User().ListMemoriesAsync(new MemoryQuery { Limit = 5, After = page.Next })).Memories.Select(m => m.Content).ShouldBe(expected.Skip(15).Take(5));
        (await Memory.User().ListMemoriesAsync(new MemoryQuery { Offset = 100 })).Memories.ShouldBeEmpty();
    }

    private static void Same(MemoryRecord actual, MemoryRecord expected) =>
        JsonSerializer.Serialize(actual).ShouldBe(JsonSerializer.Serialize(expected));
}
