using System.Text.Json;
using Granary.Conformance.Stores;
using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Tests.Users;

public class RecordTests
{
    private static MemoryDraft Fact(string content) => new() { Content = content };

    [Fact]
    public async Task A_new_memory_writes_one_document_and_the_counters()
    {
        var bench = new UserBench();
        await bench.RememberAsync(Fact("first"));
        bench.Store.TakeCounts();
        await bench.RememberAsync(Fact("second"));
        var counts = bench.Store.TakeCounts();
        (counts.Committed, counts.DocumentsWritten, counts.Reads).ShouldBe((1, 2, 0));
        (await bench.DocumentsAsync()).Select(d => d.Id[0]).ShouldBe(['r', 'r', 'u']);
    }

    [Fact]
    public async Task The_id_of_a_deleted_memory_is_taken_until_it_is_purged()
    {
        var bench = new UserBench();
        var draft = Fact("first") with { Id = "mine" };
        await bench.RememberAsync(draft);
        (await bench.RememberAsync(draft)).Outcomes[0].Event.ShouldBe(MemoryEvent.None);
        var user = await bench.ActorAsync();
        await user.DeleteMemoryAsync("mine", null, purge: false, CancellationToken.None);
        (await Should.ThrowAsync<ConflictException>(() => bench.RememberAsync(Fact("other"), draft))).Message.ShouldContain("memories[1].id: 'mine' is the id of a deleted memory; restore it");
        (await bench.ListAsync(MemoryState.Active)).ShouldBeEmpty();
        await user.DeleteMemoryAsync("mine", null, purge: true, CancellationToken.None);
        (await bench.RememberAsync(draft)).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
    }

    [Fact]
    public async Task An_id_of_a_message_is_no_id_of_a_memory() =>
        (await Should.ThrowAsync<InvalidRequestException>(() => new UserBench().RememberAsync(Fact("first") with { Id = "turn:s1:1" }))).Field.ShouldBe("memories[0].id");

    [Fact]
    public async Task What_is_known_writes_nothing()
    {
        var bench = new UserBench();
        await bench.RememberAsync(Fact("first"));
        bench.Store.TakeCounts();
        (await bench.RememberAsync(Fact("first"), Fact(" first "))).Outcomes.ShouldAllBe(o => o.Event == MemoryEvent.None);
        bench.Store.TakeCounts().Commits.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_known_in_another_scope_is_another_memory_and_stays_so_when_it_changes()
    {
        var bench = new UserBench();
        var kept = (await bench.RememberAsync(Fact("first"), Fact("first") with { Scope = "a" }, Fact("first") with { Scope = "b" }, Fact("first") with { Scope = "a" })).Outcomes;
        kept.Select(o => o.Event).ShouldBe([MemoryEvent.Add, MemoryEvent.Add, MemoryEvent.Add, MemoryEvent.None]);
        var actor = await bench.ActorAsync();
        foreach (var outcome in kept.Take(2))
        {
            await actor.UpdateMemoryAsync(outcome.Record.Id, new MemoryPatch { Content = "second" }, CancellationToken.None);
        }

        bench.Restart();
        (await bench.ListAsync()).Select(m => (m.Content, m.Scope)).ShouldBe([("first", "b"), ("second", "a"), ("second", null)]);
        (await bench.RememberAsync(Fact("second") with { Scope = "a" }, Fact("first"))).Outcomes.Select(o => o.Event).ShouldBe([MemoryEvent.None, MemoryEvent.Add]);
        await Should.ThrowAsync<InvalidRequestException>(() => bench.RememberAsync(Fact("x") with { Scope = "a b" }));
    }

    [Fact]
    public async Task A_change_of_many_records_that_a_crash_interrupts_at_any_commit_happens_all_or_none()
    {
        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            for (var crash = 1; crash <= 4; crash++)
            {
                var bench = new UserBench();
                await bench.RememberAsync(Fact("before"));
                bench.Store.CrashAt(crash, point);
                var remembering = bench.RememberAsync([.. Enumerable.Range(0, 100).Select(i => Fact($"fact {i}"))]);

                // What is durable with the first commit is told as done, whatever becomes of the others.
                if (crash == 1)
                {
                    await Should.ThrowAsync<UnavailableException>(remembering);
                }
                else
                {
                    (await remembering).Outcomes.Count.ShouldBe(100);
                }

                bench.Store.Recover();
                bench.Restart();
                (await bench.ListAsync()).Count.ShouldBe(crash == 1 && point == FaultPoint.BeforeWrite ? 1 : 101, $"{point} {crash}");
                (await bench.DocumentsAsync("b:")).ShouldBeEmpty();
                (await bench.RememberAsync(Fact("after"))).Outcomes[0].Record.Id.ShouldStartWith(crash == 1 && point == FaultPoint.BeforeWrite ? "mem_00000002" : "mem_00000066");
            }
        }
    }

    [Fact]
    public async Task A_crash_while_an_interrupted_change_is_finished_is_no_matter()
    {
        var bench = new UserBench();
        bench.Store.CrashAt(2, FaultPoint.BeforeWrite);
        await bench.RememberAsync([.. Enumerable.Range(0, 100).Select(i => Fact($"fact {i}"))]);
        for (var crash = 1; crash <= 3; crash++)
        {
            bench.Store.Recover();
            bench.Restart();
            bench.Store.CrashAt(crash, FaultPoint.AfterWrite);
            await Should.ThrowAsync<StorageException>(() => bench.ListAsync());
        }

        bench.Store.Recover();
        (await bench.ListAsync()).Count.ShouldBe(100);
    }

    [Fact]
    public async Task Several_changes_happen_with_a_watermark_or_not_at_all()
    {
        var bench = new UserBench();
        var old = (await bench.RememberAsync(Fact("Ada lives in Bern"), Fact("Ada has a cat"))).Outcomes.Select(o => o.Record.Id).ToList();
        var shown = 0;
        var draft = new PreparedDraft(Fact("Ada has two cats"), "facts[0]");
        var patch = new PreparedPatch(new MemoryPatch { Content = "Ada lives in Basel", Reason = "she moved" });
        async Task<MemoryEvent> ReflectAsync() => await (await bench.ActorAsync()).DecideAsync(
            plan =>
            {
                if (plan.Find(old[0]) is not { } home || plan.Find(old[1]) is not { } cat || plan.Remember(draft, "reflection") is not { } added)
                {
                    return MemoryEvent.None;
                }

                plan.Update(home, patch, "s1");
                plan.Delete(cat, "two by now", "s1");
                plan.Also(DocumentWrite.Put("t:reflected", new byte[] { 1 }), () => shown++);
                return added.Event;
            },
            CancellationToken.None);
        bench.Store.FailCommits(1, FaultPoint.BeforeWrite);
        await Should.ThrowAsync<UnavailableException>(ReflectAsync);
        (await bench.ListAsync()).ShouldAllBe(m => m.Revision == 1);
        (await bench.DocumentsAsync("t:")).ShouldBeEmpty();
        (await ReflectAsync()).ShouldBe(MemoryEvent.Add);
        shown.ShouldBe(1);
        (await bench.DocumentsAsync("t:")).ShouldHaveSingleItem();
        (await bench.ListAsync(MemoryState.Active)).Select(m => m.Content).Order().ShouldBe(["Ada has two cats", "Ada lives in Basel"]);
        var told = (await (await bench.ActorAsync()).GetHistoryAsync(old[1], CancellationToken.None)).Changes[^1];
        (told.Event, told.Reason, told.SessionId).ShouldBe((MemoryEvent.Delete, "two by now", "s1"));
    }

    [Fact]
    public async Task An_activation_that_another_one_overtook_gives_up_and_says_so()
    {
        var bench = new UserBench();
        var id = (await bench.RememberAsync(Fact("first"))).Outcomes[0].Record.Id;
        var stale = await bench.ActorAsync();
        bench.Restart();
        await (await bench.ActorAsync()).UpdateMemoryAsync(id, new MemoryPatch { Pinned = true }, CancellationToken.None);
        await Should.ThrowAsync<ActivationLostException>(() => stale.UpdateMemoryAsync(id, new MemoryPatch { Pinned = false }, CancellationToken.None));
        stale.IsLost.ShouldBeTrue();
    }

    [Fact]
    public async Task Uses_are_noted_in_one_commit_without_a_new_revision()
    {
        var bench = new UserBench();
        var ids = new List<string>();
        foreach (var chunk in Enumerable.Range(0, 120).Chunk(100))
        {
            ids.AddRange((await bench.RememberAsync([.. chunk.Select(i => Fact($"fact {i}"))])).Outcomes.Select(o => o.Record.Id));
        }

        bench.Time.Advance(TimeSpan.FromHours(1));
        bench.Store.TakeCounts();
        await (await bench.ActorAsync()).TouchAsync([.. ids, ids[0]], CancellationToken.None);
        bench.Store.TakeCounts().Commits.ShouldBe(1);
        bench.Restart();
        var touched = (await bench.ListAsync()).Where(m => m.AccessCount > 0).ToList();
        touched.Select(m => m.Id).Order().ShouldBe(ids.Take(RecordPlan.MaxRecordsPerCommit).Order());
        touched.ShouldAllBe(m => m.Revision == 1 && m.AccessCount == 1 && m.LastAccessed == bench.Time.GetUtcNow());
    }

    [Fact]
    public async Task Twenty_thousand_memories_are_forgotten_in_commits_that_others_come_between()
    {
        var bench = new UserBench(limits: new RecordLimits { LoggedAtLeast = 100_000 });
        for (var batch = 0; batch < 200; batch++)
        {
            await bench.RememberAsync([.. Enumerable.Range(batch * 100, 100).Select(i => Fact($"fact {i}"))]);
        }

        bench.Restart();
        var actor = await bench.ActorAsync();
        bench.Store.TakeCounts();
        var result = await actor.ForgetAsync(new ForgetRequest { Keep = 8_000 }, CancellationToken.None);
        (result.Forgotten, result.Kept, result.MemoryIds.Count).ShouldBe((12_000, 8_000, 1_000));
        var counts = bench.Store.TakeCounts();
        counts.Commits.ShouldBeInRange(250, 260);
        (await actor.GetStatsAsync(CancellationToken.None)).ByState["active"].ShouldBe(8_000);
    }

    [Fact]
    public async Task Large_memories_are_changed_in_commits_that_hold_them()
    {
        var bench = new UserBench();
        for (var i = 0; i < 30; i++)
        {
            // Stored, each of these characters takes six bytes.
            await bench.RememberAsync(Fact(new string('\u0001', MemoryLimits.MaxContentBytes - 10) + i));
        }

        (await (await bench.ActorAsync()).ForgetAsync(new ForgetRequest { All = true }, CancellationToken.None)).Forgotten.ShouldBe(30);
        await Should.ThrowAsync<TooLargeException>(() => bench.RememberAsync([.. Enumerable.Range(0, 15).Select(i => Fact(new string('\u0001', MemoryLimits.MaxContentBytes - 10) + (100 + i)))]));
        (await bench.ListAsync()).Count.ShouldBe(30);
    }

    [Fact]
    public async Task Metadata_come_back_as_they_were_given()
    {
        var bench = new UserBench();
        var metadata = JsonElement.Parse("""{"n":1.10,"big":12345678901234567890123,"t":"\u0000🙂\u2028","l":[[],{}]}""");
        var id = (await bench.RememberAsync(Fact("x") with { Metadata = metadata })).Outcomes[0].Record.Id;
        bench.Restart();
        var stored = (await (await bench.ActorAsync()).GetMemoryAsync(id, CancellationToken.None)).Metadata!.Value;
        JsonElement.DeepEquals(stored, metadata).ShouldBeTrue();
        stored.GetProperty("n").GetRawText().ShouldBe("1.10");
    }
}
