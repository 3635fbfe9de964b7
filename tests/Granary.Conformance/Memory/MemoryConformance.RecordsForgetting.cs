namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_policy_forgets_by_age_by_idleness_and_by_worth_but_never_what_is_pinned()
    {
        var user = Memory.User();
        var start = Memory.Time.GetUtcNow();
        await user.RememberAsync(Remember(
            Fact("old") with { CreatedAt = start.AddDays(-100) },
            Fact("old and pinned") with { CreatedAt = start.AddDays(-100), Pinned = true },
            Fact("important") with { Importance = MemoryImportance.High },
            Fact("unimportant") with { Importance = MemoryImportance.Low },
            Fact("usual")));
        var dry = await user.ForgetAsync(new ForgetRequest { MaxAgeDays = 90, DryRun = true });
        (dry.Forgotten, dry.Kept, dry.DryRun, dry.MemoryIds.Count).ShouldBe((1, 4, true, 1));
        (await MemoriesAsync(user)).Count.ShouldBe(5);
        (await user.ForgetAsync(new ForgetRequest { MaxAgeDays = 90, Reason = "too old" })).Forgotten.ShouldBe(1);
        var forgotten = (await MemoriesAsync(user, new MemoryQuery { States = [MemoryState.Deleted] })).ShouldHaveSingleItem();
        forgotten.Content.ShouldBe("old");
        (await user.GetHistoryAsync(forgotten.Id)).Changes[^1].Reason.ShouldBe("too old");
        (await user.ForgetAsync(new ForgetRequest { MaxAgeDays = 90 })).Forgotten.ShouldBe(0);
        var budget = await user.ForgetAsync(new ForgetRequest { Keep = 2, Archive = true });
        (budget.Forgotten, budget.Kept).ShouldBe((2, 2));
        (await MemoriesAsync(user)).Select(m => m.Content).Order().ShouldBe(["important", "old and pinned"]);
        (await MemoriesAsync(user, new MemoryQuery { States = [MemoryState.Archived] })).Select(m => m.Content).Order().ShouldBe(["unimportant", "usual"]);
        Memory.Time.Advance(TimeSpan.FromDays(31));
        (await user.ForgetAsync(new ForgetRequest { MaxInactiveDays = 30 })).Forgotten.ShouldBe(1);
        (await MemoriesAsync(user)).ShouldHaveSingleItem().Content.ShouldBe("old and pinned");
        (await user.ForgetAsync(new ForgetRequest { All = true })).Forgotten.ShouldBe(2);
        (await user.ForgetAsync(new ForgetRequest { Keep = 0 })).Forgotten.ShouldBe(0);
        (await MemoriesAsync(user)).ShouldHaveSingleItem().Content.ShouldBe("old and pinned");
    }

    [Fact]
    public async Task Forgetting_needs_a_policy_and_obeys_its_filter()
    {
        var user = Memory.User();
        await user.RememberAsync(Remember(Fact("a") with { AgentId = "coach" }, Fact("b")));
        (await Should.ThrowAsync<InvalidRequestException>(() => user.ForgetAsync(new ForgetRequest { Filter = new MemoryFilter { AgentId = "coach" } }))).Field.ShouldBe("forget");
        (await Should.ThrowAsync<InvalidRequestException>(() => user.ForgetAsync(new ForgetRequest { MaxAgeDays = 0 }))).Field.ShouldBe("max_age_days");
        var result = await user.ForgetAsync(new ForgetRequest { All = true, Filter = new MemoryFilter { AgentId = "coach" } });
        (result.Forgotten, result.Kept).ShouldBe((1, 0));
        (await MemoriesAsync(user)).ShouldHaveSingleItem().Content.ShouldBe("b");
    }

    [Fact]
    public async Task Forgetting_many_lets_others_in_between_and_a_crash_half_way_leaves_whole_memories()
    {
        var user = Memory.User();
        for (var batch = 0; batch < 3; batch++)
        {
            await user.RememberAsync(Remember([.. Enumerable.Range(batch * 100, 100).Select(i => Fact($"fact {i}"))]));
        }

        Memory.Store.CrashAt(3, Stores.FaultPoint.AfterWrite, OfUser);
        await Should.ThrowAsync<UnavailableException>(() => user.ForgetAsync(new ForgetRequest { All = true }));
        Memory.Store.Recover();
        await Memory.RestartAsync();
        user = Memory.User();
        var left = await MemoriesAsync(user);
        var gone = await MemoriesAsync(user, new MemoryQuery { States = [MemoryState.Deleted], Limit = 1000 });
        (left.Count + gone.Count).ShouldBe(300);
        gone.Count.ShouldBeInRange(3, 299);
        gone.ShouldAllBe(m => m.Revision == 2);

        using var gate = Memory.Store.HoldCommits(OfUser);
        var forgetting = user.ForgetAsync(new ForgetRequest { All = true });
        await gate.ArrivalAsync();
        var other = user.RememberAsync(Remember(Fact("in between")));
        gate.ReleaseOne();
        await gate.ArrivalAsync();
        gate.Dispose();
        (await other).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
        (await forgetting).Forgotten.ShouldBe(left.Count);
        (await MemoriesAsync(user)).ShouldHaveSingleItem().Content.ShouldBe("in between");
    }
}
