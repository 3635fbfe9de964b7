namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static AppendRequest Again(long supersedes, params Message[] messages) => new() { Messages = messages, Supersedes = supersedes };

    private static async Task<IEnumerable<string>> ViewAsync(ISessionMemory session) =>
        (await session.GetContextAsync()).ActiveContext.SelectMany(t => t.Messages).Select(m => m.Content);

    private static async Task<IEnumerable<long>> MarkedAsync(ISessionMemory session, int limit = 100) =>
        (await HistoryAsync(session, limit)).Where(m => m.Superseded).Select(m => m.Sequence);

    [Fact]
    public async Task A_regenerated_answer_takes_the_place_of_the_first_in_the_view_and_the_history_has_both()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 2);
        var tokens = (await session.GetContextAsync()).Tokens.Used;
        var answer = await session.AppendAsync(Again(4, Assistant("answer 2")));
        (answer.FirstSequence, answer.LastSequence, answer.Turn).ShouldBe((5L, 5L, 2));
        for (var look = 0; look < 2; look++)
        {
            var context = await Memory.Session().GetContextAsync();
            context.ActiveContext.Select(t => (t.Turn, t.Messages.Count)).ShouldBe([(1, 2), (2, 2)]);
            context.ActiveContext[1].Messages.Select(m => m.Sequence).ShouldBe([3, 5]);
            context.Messages.Select(m => m.Content).ShouldBe(["question 1", "answer 1", "question 2", "answer 2"]);
            (context.Tokens.Used, context.LastSequence, context.TurnCount).ShouldBe((tokens, 5L, 2));
            (await Memory.Session().GetInfoAsync()).ActiveMessages.ShouldBe(4);
            (await HistoryAsync(Memory.Session())).Select(m => (m.Sequence, m.Turn, m.Superseded)).ShouldBe(
                [(1, 1, false), (2, 1, false), (3, 2, false), (4, 2, true), (5, 2, false)]);
            await Memory.RestartAsync();
        }

        (await Memory.Session().AppendAsync(Turn(3))).Turn.ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_can_be_regenerated_again_and_again()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("q"), Assistant("a1"), Assistant("more")));
        await session.AppendAsync(Again(2, Assistant("a2")));
        await session.AppendAsync(Append(Assistant("a2 goes on")));
        await session.AppendAsync(Again(4, Assistant("a3")));
        (await ViewAsync(session)).ShouldBe(["q", "a3"]);
        await Memory.RestartAsync();
        session = Memory.Session();
        (await ViewAsync(session)).ShouldBe(["q", "a3"]);
        await session.AppendAsync(Again(6, Assistant("a4")));
        (await ViewAsync(session)).ShouldBe(["q", "a4"]);
        await AppendTurnsAsync(session, 2, 3);
        (await MarkedAsync(session)).ShouldBe([2L, 3, 4, 5, 6]);
        (await MarkedAsync(session, limit: 1)).ShouldBe([2L, 3, 4, 5, 6]); // the append that supersedes is on another page
    }

    [Fact]
    public async Task A_regeneration_that_asks_anew_opens_a_turn()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 1);
        (await session.AppendAsync(Again(2, User("put it otherwise"), Assistant("so")))).Turn.ShouldBe(2);
        (await ViewAsync(session)).ShouldBe(["question 1", "put it otherwise", "so"]);
        (await MarkedAsync(session, limit: 1)).ShouldBe([2L]);
    }

    [Fact]
    public async Task Only_the_whole_answer_of_the_last_turn_can_be_superseded()
    {
        var session = Memory.Session();
        await Refused(1); // no session
        await session.AppendAsync(Append(new Message { Role = MessageRole.System, Content = "Be kind." }, Assistant("Welcome.")));
        await Refused(2); // no user message
        await session.AppendAsync(Append(User("q"), Assistant("a"), Assistant("b"), Assistant("c")));
        foreach (var sequence in (long[])[1, 2, 3, 5, 6, 7, 99])
        {
            await Refused(sequence);
        }

        await session.AppendAsync(Append(User("next")));
        foreach (var sequence in (long[])[4, 7, 8])
        {
            await Refused(sequence); // the last turn has no answer
        }

        (await Should.ThrowAsync<InvalidRequestException>(async () => await session.AppendAsync(Again(0, Assistant("x"))))).Field.ShouldBe("supersedes");
        (await session.AppendAsync(Append(Assistant("fine")))).FirstSequence.ShouldBe(8);
        await session.AppendAsync(Again(8, Assistant("better")));
        await Refused(8); // it is superseded already

        async Task Refused(long sequence) =>
            (await Should.ThrowAsync<ConflictException>(async () => await Memory.Session().AppendAsync(Again(sequence, Assistant("x"))))).Code.ShouldBe(ErrorCodes.NotLastAnswer);
    }

    [Fact]
    public async Task System_messages_among_a_superseded_answer_stay()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("q"), new Message { Role = MessageRole.System, Content = "Be brief." }, Assistant("a"), new Message { Role = MessageRole.System, Content = "Be kind." }));
        await session.AppendAsync(Again(3, Assistant("b")));
        await Memory.RestartAsync();
        (await ViewAsync(Memory.Session())).ShouldBe(["q", "Be brief.", "Be kind.", "b"]);
        (await MarkedAsync(Memory.Session())).ShouldBe([3L]);
    }

    [Fact]
    public async Task The_tool_calls_of_a_superseded_answer_wait_for_nothing_any_more()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("first"), Call("c0"), User("q"), Result("c0"), Call("c1", "c2"), Result("c1")));
        await session.AppendAsync(Again(4, Call("c2")));
        for (var look = 0; look < 2; look++)
        {
            (await Should.ThrowAsync<InvalidRequestException>(async () => await Memory.Session().AppendAsync(Append(Result("c1"))))).Field.ShouldBe("messages[0].tool_call_id");
            await Memory.RestartAsync();
        }

        // The result that was superseded is waited for again.
        await Memory.Session().AppendAsync(Append(Result("c2"), Result("c0"), Assistant("done")));
    }

    [Fact]
    public async Task An_answer_whose_turn_is_folded_cannot_be_superseded()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 8);
        await session.CompactAsync(new CompactOptions { Force = true });
        await session.AppendAsync(Again(16, Assistant("again")));
        await session.CompactAsync(new CompactOptions { Force = true, Strategy = CompactionStrategy.Fifo });
        await session.ClearAsync(confirm: true);
        (await Should.ThrowAsync<ConflictException>(async () => await session.AppendAsync(Again(17, Assistant("x"))))).Code.ShouldBe(ErrorCodes.NotLastAnswer);
        await session.AppendAsync(Turn(9));
        await session.AppendAsync(Again(19, Assistant("after the clearing")));
        await Memory.RestartAsync();
        (await ViewAsync(Memory.Session())).ShouldBe(["question 9", "after the clearing"]);
    }

    [Fact]
    public async Task A_compaction_takes_no_superseded_message_and_every_epoch_is_seen_as_it_was()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 5);
        await session.AppendAsync(Again(10, Assistant("better five")));
        await AppendTurnsAsync(session, 6, 6);
        var first = await ViewAsync(session);
        await session.CompactAsync(new CompactOptions { Force = true });
        await session.AppendAsync(Again(13, Assistant("better six")));
        var second = await ViewAsync(session);
        await session.CompactAsync(new CompactOptions { Force = true, Strategy = CompactionStrategy.Fifo });
        var third = await ViewAsync(session);
        await Memory.RestartAsync();
        session = Memory.Session();
        (await session.GetEpochAsync(1)).Messages.Select(m => m.Content).ShouldBe(first);
        (await session.GetEpochAsync(2)).Messages.Select(m => m.Content).ShouldBe(second);
        (await session.GetEpochAsync(3)).Messages.Select(m => m.Content).ShouldBe(third);
        (await ViewAsync(session)).ShouldBe(third);
        (await session.GetContextAsync()).Messages.ShouldNotContain(m => m.Content.Contains("answer 5") || m.Content.Contains("answer 6"));
        (await MarkedAsync(session)).ShouldBe([10L, 13]);
    }

    [Fact]
    public async Task A_compaction_that_was_about_to_fold_what_is_superseded_meanwhile_changes_nothing()
    {
        var session = Memory.Session();
        Memory.Summarizer.Hold();
        await session.AppendAsync(LongRun());
        await Memory.Summarizer.Entered;
        await session.AppendAsync(Again(2, Assistant("better")));
        Memory.Summarizer.Release();
        await session.CompactAsync(new CompactOptions());
        (await ViewAsync(session)).ShouldBe(["Work through the list.", "better"]);
        var context = await session.GetContextAsync();
        (context.Epoch, context.CumulativeSummary).ShouldBe((1, ""));
    }

    [Fact]
    public async Task An_answer_of_which_a_part_is_folded_cannot_be_superseded()
    {
        var session = Memory.Session();
        await session.AppendAsync(LongRun());
        await session.CompactAsync(new CompactOptions());
        (await session.GetInfoAsync()).Epoch.ShouldBe(2);
        for (var look = 0; look < 2; look++)
        {
            foreach (var sequence in (long[])[2, (await Memory.Session().GetContextAsync()).ActiveContext[0].Messages[1].Sequence])
            {
                (await Should.ThrowAsync<ConflictException>(async () => await Memory.Session().AppendAsync(Again(sequence, Assistant("x"))))).Code.ShouldBe(ErrorCodes.NotLastAnswer);
            }

            await Memory.RestartAsync();
        }
    }

    /// <summary>A turn that does not fit the budget: a compaction takes from its answer.</summary>
    private static AppendRequest LongRun()
    {
        var filler = string.Join(' ', Enumerable.Range(0, 300).Select(i => $"row {i}"));
        return Append([User("Work through the list."), .. Enumerable.Range(1, 30).SelectMany(i => (Message[])[Call($"c{i}"), Result($"c{i}", filler)])]);
    }

    [Fact]
    public async Task A_repeated_regeneration_gets_the_same_answer_and_the_key_is_bound_to_what_it_supersedes()
    {
        var request = Again(2, Assistant("better")) with { IdempotencyKey = "k" };
        await Memory.Session().AppendAsync(Turn(1));
        var first = await Memory.Session().AppendAsync(request);
        for (var look = 0; look < 2; look++)
        {
            var again = await Memory.Session().AppendAsync(request);
            (again.Repeated, again.FirstSequence, again.Turn, again.ETag).ShouldBe((true, first.FirstSequence, 1, first.ETag));
            (await Should.ThrowAsync<ConflictException>(async () => await Memory.Session().AppendAsync(request with { Supersedes = null }))).Code.ShouldBe(ErrorCodes.KeyReused);
            (await Should.ThrowAsync<ConflictException>(async () => await Memory.Session().AppendAsync(request with { Supersedes = 3 }))).Code.ShouldBe(ErrorCodes.KeyReused);
            await Memory.RestartAsync();
        }

        (await ViewAsync(Memory.Session())).ShouldBe(["question 1", "better"]);
    }

    [Fact]
    public async Task Of_two_regenerations_in_flight_one_is_stored()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var all = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            try
            {
                await session.AppendAsync(Again(2, Assistant($"better {i}")));
                return true;
            }
            catch (ConflictException conflict) when (conflict.Code == ErrorCodes.NotLastAnswer)
            {
                return false;
            }
        })).ToList();
        (await Task.WhenAll(all)).Count(stored => stored).ShouldBe(1);
        (await ViewAsync(session)).Count().ShouldBe(2);
        (await HistoryAsync(session)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_regeneration_waits_for_the_appends_before_it_and_is_decided_on_them()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var gate = Memory.Store.HoldCommits(OfSession);
        var more = session.AppendAsync(Append(Assistant("more"))).AsTask();
        await gate.ArrivalAsync();
        var better = session.AppendAsync(Again(2, Assistant("better"))).AsTask();
        await ArrivedAsync(session);
        gate.Dispose();
        await more;
        (await better).FirstSequence.ShouldBe(4);
        (await ViewAsync(session)).ShouldBe(["question 1", "better"]);
        (await MarkedAsync(session)).ShouldBe([2L, 3]);
    }

    [Fact]
    public async Task A_session_with_regenerations_goes_through_export_and_import_unchanged()
    {
        var source = Memory.Session("rich");
        await AppendTurnsAsync(source, 1, 6);
        await source.AppendAsync(Again(12, Call("c1")) with { IdempotencyKey = "again" });
        await source.CompactAsync(new CompactOptions { Force = true });
        await source.AppendAsync(Append(Result("c1")));
        await source.AppendAsync(Again(13, Assistant("better") with { Partial = true }));
        await source.AppendAsync(Append(User("open"), Call("c2", "c3"), Result("c2")));
        await source.AppendAsync(Again(17, Call("c3")));
        var records = await ExportAsync(source);
        records.OfType<AppendRecord>().Select(r => r.Supersedes).Where(s => s is not null).ShouldBe([12L, 13L, 17L]);
        records.OfType<AppendRecord>().SelectMany(r => r.Messages).Where(m => m.Superseded).Select(m => m.Sequence).ShouldBe([12L, 13, 14, 17, 18]);
        var target = Memory.Session("copy");
        await ImportAsync(target, records, chunk: 2);
        (await HistoryAsync(target)).Select(Json).ShouldBe((await HistoryAsync(source)).Select(Json));
        (await ViewAsync(target)).ShouldBe(await ViewAsync(source));
        (await target.GetContextAsync()).Tokens.ShouldBe((await source.GetContextAsync()).Tokens);
        (await target.AppendAsync(Again(12, Call("c1")) with { IdempotencyKey = "again" })).Repeated.ShouldBeTrue();
        await Should.ThrowAsync<InvalidRequestException>(async () => await target.AppendAsync(Append(Result("c2"))));
        await target.AppendAsync(Append(Result("c3")));
        await target.AppendAsync(Again(19, Assistant("last")));
        (await MarkedAsync(target)).ShouldBe([12L, 13, 14, 17, 18, 19, 20]);
    }

    [Fact]
    public async Task An_import_that_supersedes_anything_but_the_last_answer_is_refused()
    {
        var source = Memory.Session("rich");
        await AppendTurnsAsync(source, 1, 1);
        await source.AppendAsync(Again(2, Assistant("better")));
        var records = await ExportAsync(source);
        foreach (var sequence in (long[])[0, 1, 3, 9])
        {
            var broken = records.Select(r => r is AppendRecord { Supersedes: not null } again ? again with { Supersedes = sequence } : r).ToList();
            (await Should.ThrowAsync<InvalidRequestException>(() => ImportAsync(Memory.Session("copy"), broken, import: Guid.NewGuid().ToString("n")))).Field.ShouldBe("records[2].supersedes");
        }
    }

    [Fact]
    public async Task A_partial_answer_is_marked_and_stays_so()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("q"), Assistant("It beg") with { Partial = true }));
        await Memory.RestartAsync();
        (await HistoryAsync(Memory.Session())).Select(m => m.Partial).ShouldBe([false, true]);
        Json((await HistoryAsync(Memory.Session()))[1]).ShouldContain("\"partial\":true");
        Json((await HistoryAsync(Memory.Session()))[0]).ShouldNotContain("partial");
        (await Memory.Session().GetContextAsync()).ActiveContext[0].Messages[1].Partial.ShouldBeTrue();
        (await Should.ThrowAsync<InvalidRequestException>(async () => await session.AppendAsync(Append(User("q") with { Partial = true })))).Field.ShouldBe("messages[0].partial");
    }
}
