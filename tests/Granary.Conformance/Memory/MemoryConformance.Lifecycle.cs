namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Starting_without_an_id_makes_a_new_session_each_time()
    {
        var first = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions());
        var second = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions());
        first.SessionId.ShouldNotBe(second.SessionId);
        (first.Restored, first.PreviousSessionId).ShouldBe((false, null));
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Starting_an_active_session_restores_it_with_its_turns()
    {
        await Memory.Session().AppendAsync(Turn(1));
        await Memory.RestartAsync();
        var restored = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1" });
        (restored.SessionId, restored.Restored).ShouldBe(("s1", true));
        restored.Context.ActiveContext.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Starting_an_active_session_without_restore_is_refused()
    {
        await Memory.Session().AppendAsync(Turn(1));
        var error = await Should.ThrowAsync<ConflictException>(() =>
            Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1", Restore = false }));
        error.Code.ShouldBe(ErrorCodes.AlreadyExists);
    }

    [Fact]
    public async Task A_completed_session_is_followed_by_a_new_one_or_refused_without_restore()
    {
        await Memory.Session().AppendAsync(Turn(1));
        await Memory.Session().EndAsync();
        var followed = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1" });
        followed.SessionId.ShouldNotBe("s1");
        (followed.Restored, followed.PreviousSessionId).ShouldBe((false, "s1"));
        (await Memory.Session(followed.SessionId).GetInfoAsync()).PreviousSessionId.ShouldBe("s1");
        var error = await Should.ThrowAsync<ConflictException>(() =>
            Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1", Restore = false }));
        error.Code.ShouldBe(ErrorCodes.Completed);
    }

    [Fact]
    public async Task A_system_prompt_begins_the_session_and_is_never_folded()
    {
        await Memory.Session().StartAsync(new StartSessionOptions { SystemPrompt = "You are terse." });
        await AppendTurnsAsync(Memory.Session(), 1, 12);
        await Memory.Session().CompactAsync(new CompactOptions { Force = true });
        await Memory.RestartAsync();
        var context = await Memory.Session().GetContextAsync();
        context.Epoch.ShouldBeGreaterThan(1);
        context.Messages[0].Role.ShouldBe(MessageRole.System);
        context.Messages[0].Content.ShouldBe("You are terse.");
        context.Messages[1].Content.ShouldStartWith("[MEMORY:EPISODIC]");
    }

    [Fact]
    public async Task Ending_summarizes_completes_and_refuses_further_messages()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("My name is Ada Lovelace and I want to fly to Lisbon on 3 May 2027."), Assistant("Booked for 3 May 2027, price 420 EUR.")));
        Memory.Time.Advance(TimeSpan.FromMinutes(5));
        var end = await session.EndAsync();
        (end.AlreadyEnded, end.SummaryGenerated, end.TurnCount).ShouldBe((false, true, 1));
        end.Summary.ShouldContain("Lisbon");
        (await Should.ThrowAsync<ConflictException>(async () => await session.AppendAsync(Turn(2)))).Code.ShouldBe(ErrorCodes.Completed);
        await Memory.RestartAsync();
        var info = await Memory.Session().GetInfoAsync();
        (info.Status, info.EndTime, info.TurnCount).ShouldBe((SessionStatus.Completed, Memory.Time.GetUtcNow(), 1));
        var again = await Memory.Session().EndAsync();
        (again.AlreadyEnded, again.Summary).ShouldBe((true, end.Summary));
        (await Memory.Session().GetContextAsync()).ActiveContext.ShouldHaveSingleItem();
        var listed = (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        (listed.Status, listed.CumulativeSummary, listed.TurnCount).ShouldBe((SessionStatus.Completed, end.Summary, 1));
    }

    [Fact]
    public async Task Ending_a_cold_session_does_not_change_its_start_or_its_turns() // [avoid]: a cold session was made anew and overwritten
    {
        await AppendTurnsAsync(Memory.Session(), 1, 3);
        var before = await Memory.Session().GetInfoAsync();
        Memory.Time.Advance(TimeSpan.FromHours(1));
        await Memory.RestartAsync();
        (await Memory.Session().EndAsync()).TurnCount.ShouldBe(3);
        var after = await Memory.Session().GetInfoAsync();
        (after.StartTime, after.TurnCount, after.MessageCount).ShouldBe((before.StartTime, 3, 6L));
    }

    [Fact]
    public async Task Messages_that_come_in_while_the_end_is_summarized_are_kept_and_counted()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        Memory.Summarizer.Hold();
        var ending = session.EndAsync();
        await Memory.Summarizer.Entered;
        await session.AppendAsync(Turn(2));
        Memory.Summarizer.Release();
        (await ending).TurnCount.ShouldBe(2);
        (await HistoryAsync(session)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Ending_works_without_a_working_summarizer()
    {
        await Memory.Session().AppendAsync(Append(User("Meet in Oslo on 12 June."), Assistant("Noted.")));
        Memory.Summarizer.Fail(10);
        (await Memory.Session().EndAsync()).Summary.ShouldContain("Oslo");
    }

    [Fact]
    public async Task Reads_of_an_unknown_session_say_so_and_create_nothing()
    {
        var session = Memory.Session("ghost");
        await Should.ThrowAsync<NotFoundException>(async () => await session.GetContextAsync());
        await Should.ThrowAsync<NotFoundException>(async () => await session.GetInfoAsync());
        await Should.ThrowAsync<NotFoundException>(() => session.GetMessagesAsync(1, 10));
        await Should.ThrowAsync<NotFoundException>(() => session.EndAsync());
        await Should.ThrowAsync<NotFoundException>(() => session.CompactAsync(new CompactOptions()));
        await Should.ThrowAsync<NotFoundException>(() => session.ClearAsync(true));
        await Should.ThrowAsync<NotFoundException>(() => session.DeleteAsync());
        await Should.ThrowAsync<NotFoundException>(() => session.GetEpochAsync(1));
        await Should.ThrowAsync<NotFoundException>(() => session.ExportAsync(null));
        Memory.Store.Counts.Committed.ShouldBe(0);
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty(); // [avoid]: throw-away sessions
    }

    [Fact]
    public async Task The_list_shows_the_youngest_first_page_by_page_with_filters()
    {
        for (var i = 1; i <= 7; i++)
        {
            await Memory.Session($"s{i}").StartAsync(new StartSessionOptions { AgentId = i % 2 == 0 ? "even" : "odd" });
            Memory.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Memory.Session("s6").EndAsync();
        var ids = new List<string>();
        string? after = null;
        do
        {
            var page = await Memory.User().ListSessionsAsync(new SessionQuery { Limit = 3, After = after });
            ids.AddRange(page.Sessions.Select(s => s.SessionId));
            after = page.Next;
        }
        while (after is not null);
        ids.ShouldBe(["s7", "s6", "s5", "s4", "s3", "s2", "s1"]);
        (await Memory.User().ListSessionsAsync(new SessionQuery { AgentId = "even", Status = SessionStatus.Active })).Sessions.Select(s => s.SessionId).ShouldBe(["s4", "s2"]);
        (await Should.ThrowAsync<InvalidRequestException>(() => Memory.User().ListSessionsAsync(new SessionQuery { Limit = 0 }))).Field.ShouldBe("limit");
        (await Should.ThrowAsync<InvalidRequestException>(() => Memory.User().ListSessionsAsync(new SessionQuery { After = "x" }))).Field.ShouldBe("after");
    }

    [Fact]
    public async Task The_list_shows_turns_and_summary_of_active_sessions_as_they_are_now() // [avoid]: total turns reported 0
    {
        await AppendTurnsAsync(Memory.Session(), 1, 12);
        await Memory.Session().CompactAsync(new CompactOptions { Force = true });
        var listed = (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        (listed.TurnCount, listed.LastSequence).ShouldBe((12, 24));
        listed.CumulativeSummary.ShouldBe((await Memory.Session().GetContextAsync()).CumulativeSummary);
        listed.CumulativeSummary.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Clearing_wants_confirmation_empties_the_context_and_keeps_the_history()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 3);
        (await Should.ThrowAsync<InvalidRequestException>(() => session.ClearAsync(confirm: false))).Field.ShouldBe("confirm");
        var cleared = await session.ClearAsync(confirm: true);
        (cleared.MessagesCleared, cleared.Epoch, cleared.BackupCreated).ShouldBe((6L, 2, true));
        await session.AppendAsync(Turn(4));
        await Memory.RestartAsync();
        var context = await Memory.Session().GetContextAsync();
        context.ActiveContext.ShouldHaveSingleItem().Turn.ShouldBe(4);
        context.CumulativeSummary.ShouldBeEmpty();
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(8);
        (await Memory.Session().GetEpochAsync(1)).Messages.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Appends_that_are_on_their_way_when_the_session_is_cleared_are_cleared_too()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var gate = Memory.Store.HoldCommits();
        var before = session.AppendAsync(Turn(2)).AsTask();
        await gate.ArrivalAsync();
        var clearing = session.ClearAsync(confirm: true);
        await ArrivedAsync(session);
        var after = session.AppendAsync(Turn(3)).AsTask();
        gate.Dispose();
        await Task.WhenAll(before, clearing, after);
        (await session.GetContextAsync()).ActiveContext.ShouldHaveSingleItem().Turn.ShouldBe(3);
        await Memory.RestartAsync();
        (await Memory.Session().GetContextAsync()).ActiveContext.ShouldHaveSingleItem().Turn.ShouldBe(3);
    }

    [Fact]
    public async Task History_is_read_in_pages_from_any_sequence()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 25);
        await session.CompactAsync(new CompactOptions { Force = true });
        var page = await session.GetMessagesAsync(48, 2);
        page.Messages.Select(m => m.Sequence).ShouldBe([48, 49]);
        page.Next.ShouldBe(50);
        (await session.GetMessagesAsync(50, 100)).Next.ShouldBeNull();
        (await session.GetMessagesAsync(51, 100)).Messages.ShouldBeEmpty();
        (await HistoryAsync(session, limit: 7)).Select(m => m.Sequence).ShouldBe(Enumerable.Range(1, 50).Select(i => (long)i));
        (await Should.ThrowAsync<InvalidRequestException>(() => session.GetMessagesAsync(0, 1))).Field.ShouldBe("from");
        (await Should.ThrowAsync<InvalidRequestException>(() => session.GetMessagesAsync(1, 1001))).Field.ShouldBe("limit");
        (await session.GetMessagesAsync(long.MaxValue, 1000)).Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_watcher_hears_of_each_change_and_of_nothing_when_nothing_changes()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var seen = await session.WaitForChangeAsync(default, TimeSpan.FromMinutes(1));
        seen.ShouldBe(new SessionChange(2, 1, SessionStatus.Active));
        var waiting = session.WaitForChangeAsync(seen, TimeSpan.FromMinutes(1));
        await session.AppendAsync(Turn(2));
        (await waiting).LastSequence.ShouldBe(4);
        var silent = session.WaitForChangeAsync(new SessionChange(4, 1, SessionStatus.Active), TimeSpan.FromSeconds(5));
        await Memory.Time.UntilTimersAsync(1);
        Memory.Time.Advance(TimeSpan.FromSeconds(5));
        (await silent).LastSequence.ShouldBe(4);
        var end = session.WaitForChangeAsync(new SessionChange(4, 1, SessionStatus.Active), Timeout.InfiniteTimeSpan);
        await session.EndAsync();
        (await end).Status.ShouldBe(SessionStatus.Completed);
        var gone = session.WaitForChangeAsync(await end, Timeout.InfiniteTimeSpan);
        await session.DeleteAsync();
        await Should.ThrowAsync<ErasedException>(() => gone);
    }
}
