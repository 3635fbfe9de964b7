using Granary.Conformance.Stores;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Memories_are_seen_when_they_are_durable_and_not_before()
    {
        var user = Memory.User();
        await RememberAsync(user, Fact("first"));
        using var gate = Memory.Store.HoldCommits(OfUser);
        var pending = user.RememberAsync(Remember(Fact("second")));
        await gate.ArrivalAsync();
        (await MemoriesAsync(user)).ShouldHaveSingleItem();

        // Known, but not yet durable: whoever says it again waits with the first.
        var again = user.RememberAsync(Remember(Fact("second")));
        (await MemoriesAsync(user)).ShouldHaveSingleItem();
        again.IsCompleted.ShouldBeFalse();
        gate.Dispose();
        (await pending).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
        (await again).Outcomes[0].Event.ShouldBe(MemoryEvent.None);
        (await MemoriesAsync(user)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_memory_can_be_changed_and_deleted_before_it_is_durable()
    {
        var user = Memory.User();
        await RememberAsync(user, Fact("first"));
        using var gate = Memory.Store.HoldCommits(OfUser);
        var added = user.RememberAsync(Remember(Fact("second") with { Id = "mine" }));
        await gate.ArrivalAsync();
        var changed = user.UpdateMemoryAsync("mine", new MemoryPatch { Content = "second, better" });
        var deleted = user.DeleteMemoryAsync("mine");
        var anew = user.RememberAsync(Remember(Fact("second, better")));
        gate.Dispose();
        await Task.WhenAll(added, changed, deleted, anew);
        (await anew).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).Select(m => m.Content).ShouldBe(["second, better", "first"]);
        (await Memory.User().GetHistoryAsync("mine")).Changes.Select(c => (c.Event, c.NewContent)).ShouldBe(
            [(MemoryEvent.Add, "second"), (MemoryEvent.Update, "second, better"), (MemoryEvent.Delete, null)]);
    }

    [Fact]
    public async Task A_crash_at_any_commit_of_a_memory_s_life_leaves_what_was_acknowledged_and_nothing_by_half()
    {
        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            for (var crash = 1; crash <= 12; crash++)
            {
                var name = $"{point}, commit {crash}";
                var owner = $"u-{point}-{crash}";
                var done = 0;
                Memory.Store.CrashAt(crash, point);
                try
                {
                    await LiveAsync(Memory.User(owner), () => done++);
                }
                catch (UnavailableException)
                {
                }

                Memory.Store.Recover();
                await Memory.RestartAsync();
                var user = Memory.User(owner);
                var all = await MemoriesAsync(user, new MemoryQuery { States = Enum.GetValues<MemoryState>(), Limit = 1000 });
                all.Count.ShouldBeOneOf(done switch
                {
                    0 => [0, 100],
                    < 3 => [100],
                    3 => [100, 99],
                    _ => [99],
                });
                // All of it can be done again, and then nothing is missing and nothing double.
                await LiveAsync(user, () => { });
                var last = await MemoriesAsync(user);
                last.Select(m => m.Content).Distinct().Count().ShouldBe(last.Count, name);
                last.ShouldContain(m => m.Content == "new text" && m.Id == "m1", name);
                (await user.GetHistoryAsync("m1")).Changes.Select(c => (c.Revision, c.Event)).ShouldBe([(1, MemoryEvent.Add), (2, MemoryEvent.Update)], name);
                last.ShouldNotContain(m => m.Id == "m2" || m.Id == "m3", name);
            }
        }
    }

    [Fact]
    public async Task Two_activations_of_one_user_lose_and_double_no_memory()
    {
        var other = await Memory.OpenSecondAsync();
        var key = Memory.User().Key;
        for (var i = 0; i < 30; i++)
        {
            var user = (i % 3 == 0 ? other : Memory.Cluster).User(key);
            await PatientlyAsync(() => user.RememberAsync(Remember(Fact($"fact {i}"), Fact($"fact {i / 2}"))));
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var user = (i % 2 == 0 ? other : Memory.Cluster).User(key);
            await PatientlyAsync(() => user.RememberAsync(Remember(Fact($"late {i / 4}"))));
        });
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).Select(m => m.Content).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 30).Select(i => $"fact {i}").Concat(Enumerable.Range(0, 15).Select(i => $"late {i}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Memories_and_the_list_of_sessions_do_not_disturb_each_other()
    {
        await Memory.Session("s1").AppendAsync(Turn(1));
        await RememberAsync(Memory.User(), Fact("first"));
        await Memory.Session("s2").AppendAsync(Turn(1));
        await Memory.RestartAsync();
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.Count.ShouldBe(2);
        (await MemoriesAsync(Memory.User())).ShouldHaveSingleItem();
        (await Memory.User().GetStatsAsync()).Sessions.ShouldBe(2);
    }

    private static async Task LiveAsync(IUserMemory user, Action done)
    {
        if (!await KnowsAsync(user, "m1"))
        {
            await user.RememberAsync(Remember([.. Enumerable.Range(0, 100).Select(i => Fact($"fact {i}") with { Id = i is > 0 and < 4 ? $"m{i}" : null })]));
        }

        done();
        await user.UpdateMemoryAsync("m1", new MemoryPatch { Content = "new text" });
        done();
        await user.DeleteMemoryAsync("m2");
        done();
        if (await KnowsAsync(user, "m3"))
        {
            await user.DeleteMemoryAsync("m3", purge: true);
        }

        done();
    }

    private static async Task<bool> KnowsAsync(IUserMemory user, string id)
    {
        try
        {
            await user.GetMemoryAsync(id);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    /// <summary>Repeats what could not be done because two hosts took the version from each other.</summary>
    private static async Task PatientlyAsync(Func<Task> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (UnavailableException) when (attempt < 100)
            {
            }
        }
    }
}
