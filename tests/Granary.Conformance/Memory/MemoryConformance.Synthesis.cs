namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private const string ProfileId = "longterm-default-ada";

    private async Task TellAndEndAsync(string session, params string[] said)
    {
        await TellAsync(Memory.Session(session), said);
        await Memory.Session(session).EndAsync();
    }

    private Task<SynthesisResult> SynthesizeAsync(string? category = null) => Memory.User().SynthesizeAsync(new SynthesisRequest { Category = category });

    [Fact]
    public async Task What_is_known_is_put_together_when_it_is_asked_for()
    {
        await TellAndEndAsync("a", "I like tea.", "I like rice.", "I live in Oslo.");
        var few = await SynthesizeAsync();
        few.Patterns.ShouldBeEmpty("two insights have no pattern");
        (few.Profile!.Event, few.Profile.Record.Id, few.Profile.Record.Kind, few.Profile.Record.Origin).ShouldBe((MemoryEvent.Add, ProfileId, MemoryKind.Profile, MemoryOrigin.Synthesized));
        few.Profile.Record.Content.ShouldContain("Oslo");
        await TellAndEndAsync("b", "I like figs.");
        var more = await SynthesizeAsync();
        (more.Profile!.Event, more.Profile.Record.Id, more.Profile.Record.Revision).ShouldBe((MemoryEvent.Update, ProfileId, 2));
        more.Profile.Record.Content.ShouldContain("figs");
        more.Profile.Record.Sources.Select(source => source.SessionId).ShouldBe(["a", "b"], ignoreOrder: true);
        var pattern = more.Patterns.ShouldHaveSingleItem().Record;
        (pattern.Kind, pattern.Category, pattern.Importance, pattern.Origin).ShouldBe((MemoryKind.Insight, "preferences", MemoryImportance.High, MemoryOrigin.Synthesized));
        pattern.Metadata!.Value.GetProperty("source_insight_ids").GetArrayLength().ShouldBe(3);
        (await KnownAsync(MemoryKind.Insight, MemoryKind.Fact)).Where(record => record.Origin != MemoryOrigin.Synthesized).ShouldAllBe(record => record.Processed && record.Revision == 1);
        await TellAndEndAsync("c", "I like corn.");
        var only = await SynthesizeAsync("preferences");
        only.Profile.ShouldBeNull();
        var again = only.Patterns.ShouldHaveSingleItem();
        (again.Event, again.Record.Id).ShouldBe((MemoryEvent.Update, pattern.Id));
        again.Record.Content.ShouldContain("corn");
        (await SynthesizeAsync("preferences")).Patterns.ShouldHaveSingleItem().Event.ShouldBe(MemoryEvent.None);
        (await RecordsOfAsync("corn")).ShouldContain(again.Record.Content, "it repeats no single message");
        await Should.ThrowAsync<InvalidRequestException>(() => SynthesizeAsync(" "));
        (await Memory.User("nobody").SynthesizeAsync(new SynthesisRequest())).Profile.ShouldBeNull();
    }

    [Fact]
    public async Task Each_so_many_completed_sessions_what_is_known_is_put_together_by_itself()
    {
        Memory.Reflection.SynthesisSessions = 2;
        await TellAsync(Memory.Session("a"), "I live in Oslo.");
        (await Memory.Session("a").EndAsync()).SynthesisTriggered.ShouldBeFalse();
        await Memory.RestartAsync();
        await TellAsync(Memory.Session("b"), "I like tea.");
        (await Memory.Session("b").EndAsync()).SynthesisTriggered.ShouldBeTrue();
        await UntilKnownAsync(1, MemoryKind.Profile);
        var profile = (await KnownAsync(MemoryKind.Profile)).ShouldHaveSingleItem();
        (profile.Id, profile.Content.Contains("Oslo"), profile.Content.Contains("tea")).ShouldBe((ProfileId, true, true));
        await TellAndEndAsync("c", "I like rice.");
        Memory.Time.Advance(TimeSpan.FromHours(2));
        await Memory.MaintainAsync();
        (await Memory.User().GetMemoryAsync(ProfileId)).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task A_synthesis_that_fails_or_is_cut_off_by_a_crash_is_made_by_maintenance_later()
    {
        Memory.Reflection.SynthesisSessions = 1;
        Memory.Profiler.Fail(1);
        await TellAndEndAsync("a", "I live in Oslo.");
        await UntilAsync(() => Task.FromResult(Memory.Profiler.Calls == 1));
        await UntilUserDueAsync(TimeSpan.FromMinutes(1));
        await Memory.RestartAsync();
        await Memory.MaintainAsync();
        (await KnownAsync(MemoryKind.Profile)).ShouldBeEmpty("it waits a little");
        Memory.Profiler.Hold();
        Memory.Time.Advance(TimeSpan.FromMinutes(1));
        var maintenance = Memory.MaintainAsync();
        await UntilAsync(() => Task.FromResult(Memory.Profiler.Calls == 2));
        await Memory.RestartAsync();
        Memory.Profiler.Release();
        await maintenance;
        await Memory.MaintainAsync();
        (await KnownAsync(MemoryKind.Profile)).ShouldHaveSingleItem().Content.ShouldContain("Oslo");
    }

    [Fact]
    public async Task Two_that_put_together_at_once_make_one_profile()
    {
        await TellAndEndAsync("a", "I live in Oslo.");
        Memory.Profiler.Writes = (_, previous) => $"A profile after '{previous}'.";
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SynthesizeAsync()));
        (await KnownAsync(MemoryKind.Profile)).ShouldHaveSingleItem().Id.ShouldBe(ProfileId);
    }

    [Fact]
    public async Task A_model_that_hangs_over_a_profile_holds_nobody()
    {
        await TellAndEndAsync("a", "I live in Oslo.");
        Memory.Profiler.Hold();
        var synthesis = SynthesizeAsync();
        await UntilAsync(() => Task.FromResult(Memory.Profiler.Calls == 1));
        await TellAndEndAsync("b", "I like tea.");
        (await RecallAsync("tea")).ShouldNotBeEmpty();
        Memory.Profiler.Release();
        (await synthesis).Profile.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_a_caller_wrote_pinned_or_deleted_of_a_synthesis_stays_so()
    {
        Memory.Reflection.SynthesisSessions = 1;
        await TellAndEndAsync("a", "I live in Oslo.");
        await UntilKnownAsync(1, MemoryKind.Profile);
        await Memory.User().UpdateMemoryAsync(ProfileId, new MemoryPatch { Content = "Ada of Oslo." });
        await TellAndEndAsync("b", "I like tea.");
        (await SynthesizeAsync()).Profile!.ShouldSatisfyAllConditions(kept => kept.Event.ShouldBe(MemoryEvent.None), kept => kept.Record.Content.ShouldBe("Ada of Oslo."));
        await Memory.User().DeleteMemoryAsync(ProfileId);
        await TellAndEndAsync("c", "I like rice.");
        Memory.Time.Advance(TimeSpan.FromHours(1));
        await Memory.MaintainAsync();
        (await KnownAsync(MemoryKind.Profile)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_true_any_more_is_not_put_together()
    {
        var now = Memory.Time.GetUtcNow();
        await Memory.User().RememberAsync(new RememberRequest(
        [
            new MemoryDraft { Content = "Lives in Oslo.", ValidTo = now },
            new MemoryDraft { Content = "Will live in Rome.", ValidFrom = now + TimeSpan.FromDays(1) },
            new MemoryDraft { Content = "Lives in Bergen.", ValidFrom = now },
        ]));
        var text = (await SynthesizeAsync()).Profile!.Record.Content;
        (text.Contains("Oslo"), text.Contains("Rome"), text.Contains("Bergen")).ShouldBe((false, false, true));
    }

    [Fact]
    public async Task An_erased_session_takes_what_was_put_together_with_it_which_is_made_again_without_it()
    {
        Memory.Reflection.SynthesisSessions = 100;
        await TellAndEndAsync("a", "I live in Oslo.");
        await TellAndEndAsync("b", "I like tea.", "I like rice.", "I like figs.");
        var own = new MemoryDraft { Id = "pattern-own", Kind = MemoryKind.Insight, Importance = MemoryImportance.High, Content = "Mine.", Metadata = Metadata("""{"synthesized":true}""") };
        await Memory.User().RememberAsync(new RememberRequest([own]));
        (await SynthesizeAsync()).Patterns.Count.ShouldBe(1);
        await Memory.Session("a").DeleteAsync();
        await UntilKnownAsync(1, MemoryKind.Profile);
        await UntilAsync(async () => (await KnownAsync(MemoryKind.Insight)).Count(record => record.Origin == MemoryOrigin.Synthesized) == 1);
        (await KnownAsync(MemoryKind.Profile)).ShouldHaveSingleItem().Content.ShouldNotContain("Oslo");
        (await Memory.User().GetMemoryAsync("pattern-own")).Content.ShouldBe("Mine.");
    }

    [Fact]
    public async Task What_was_being_put_together_while_a_session_was_erased_is_not_kept_but_made_again()
    {
        Memory.Reflection.SynthesisSessions = 2;
        Memory.Profiler.Hold();
        await TellAndEndAsync("a", "I live in Oslo.");
        await TellAndEndAsync("b", "I like tea.");
        await UntilAsync(() => Task.FromResult(Memory.Profiler.Calls == 1));
        await EraseAsync("a");
        Memory.Profiler.Release();
        await UntilKnownAsync(1, MemoryKind.Profile);
        (await KnownAsync(MemoryKind.Profile)).ShouldHaveSingleItem().Content.ShouldSatisfyAllConditions(text => text.ShouldContain("tea"), text => text.ShouldNotContain("Oslo"));
        Memory.Reflection.SynthesisSessions = 0;
        await TellAndEndAsync("c", "I live in Rome.");
        var calls = Memory.Profiler.Calls;
        Memory.Profiler.Hold();
        var asked = SynthesizeAsync();
        await UntilAsync(() => Task.FromResult(Memory.Profiler.Calls == calls + 1));
        await EraseAsync("c");
        Memory.Profiler.Release();
        await Should.ThrowAsync<UnavailableException>(asked);
        (await SynthesizeAsync()).Profile!.Record.Content.ShouldNotContain("Rome");

        async Task EraseAsync(string session)
        {
            await Memory.Session(session).DeleteAsync();
            await UntilAsync(async () => (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.All(listed => listed.SessionId != session));
        }
    }

    /// <summary>Waits until a user is due later than now, but within a time.</summary>
    private Task UntilUserDueAsync(TimeSpan within) => UntilAsync(async () =>
    {
        var now = Memory.Time.GetUtcNow();
        for (var shard = 0; shard < Granary.Core.Storage.PartitionShard.Count; shard++)
        {
            var due = await Memory.Store.DueAsync(shard, now + within, 10);
            if (due.Any(partition => partition.Partition.StartsWith("user/", StringComparison.Ordinal)))
            {
                return (await Memory.Store.DueAsync(shard, now, 10)).All(partition => !partition.Partition.StartsWith("user/", StringComparison.Ordinal));
            }
        }

        return false;
    });
}
