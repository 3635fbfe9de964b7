using Granary.Conformance.Stores;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_repeat_with_the_same_key_gets_the_same_answer_and_stores_nothing()
    {
        var session = Memory.Session();
        var first = await session.AppendAsync(Turn(1, "k1"));
        await session.AppendAsync(Turn(2, "k2"));
        var repeat = await session.AppendAsync(Turn(1, "k1"));
        repeat.Repeated.ShouldBeTrue();
        (repeat.FirstSequence, repeat.LastSequence, repeat.Turn).ShouldBe((first.FirstSequence, first.LastSequence, first.Turn));
        repeat.Messages.ShouldBe(first.Messages);
        (await HistoryAsync(session)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_repeat_after_a_restart_gets_the_same_answer()
    {
        var first = await Memory.Session().AppendAsync(Turn(1, "k1"));
        await AppendTurnsAsync(Memory.Session(), 2, 30);
        await Memory.Session().CompactAsync(new CompactOptions { Force = true });
        await Memory.RestartAsync();
        var repeat = await Memory.Session().AppendAsync(Turn(1, "k1"));
        repeat.Repeated.ShouldBeTrue();
        repeat.Messages.ShouldBe(first.Messages);
        (await Memory.Session().GetInfoAsync()).LastSequence.ShouldBe(60);
    }

    [Fact]
    public async Task A_key_holds_for_messages_that_say_when_they_were_said()
    {
        var session = Memory.Session();
        var said = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        var first = await session.AppendAsync(Append(User("a") with { Timestamp = said }) with { IdempotencyKey = "k" });
        var repeat = await session.AppendAsync(Append(User("a") with { Timestamp = said }) with { IdempotencyKey = "k" });
        repeat.Repeated.ShouldBeTrue();
        repeat.Messages.ShouldBe(first.Messages);
        var other = Append(User("a") with { Timestamp = said.AddSeconds(1) }) with { IdempotencyKey = "k" };
        (await Should.ThrowAsync<ConflictException>(async () => await session.AppendAsync(other))).Code.ShouldBe(ErrorCodes.KeyReused);
        (await HistoryAsync(session))[0].Timestamp.ShouldBe(said);
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1, "k1"));
        (await Should.ThrowAsync<ConflictException>(async () => await session.AppendAsync(Turn(2, "k1")))).Code.ShouldBe(ErrorCodes.KeyReused);
        await Memory.RestartAsync();
        (await Should.ThrowAsync<ConflictException>(async () => await Memory.Session().AppendAsync(Turn(2, "k1")))).Code.ShouldBe(ErrorCodes.KeyReused);
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_repeat_while_the_first_runs_waits_for_its_answer()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var gate = Memory.Store.HoldCommits();
        var first = session.AppendAsync(Turn(2, "k")).AsTask();
        await gate.ArrivalAsync();
        var repeat = session.AppendAsync(Turn(2, "k")).AsTask();
        var other = session.AppendAsync(Turn(3, "k")).AsTask();
        (await Should.ThrowAsync<ConflictException>(() => other)).Code.ShouldBe(ErrorCodes.KeyReused);
        repeat.IsCompleted.ShouldBeFalse();
        gate.Dispose();
        (await repeat).Messages.ShouldBe((await first).Messages);
        (await repeat).Repeated.ShouldBeTrue();
        (await HistoryAsync(session)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Many_concurrent_repeats_store_one_turn()
    {
        var session = Memory.Session();
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await session.AppendAsync(Turn(1, "k")))));
        results.Select(r => r.FirstSequence).Distinct().ShouldHaveSingleItem();
        results.Count(r => !r.Repeated).ShouldBe(1);
        (await HistoryAsync(session)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task A_retry_after_a_failure_with_unknown_outcome_stores_the_turn_once(FaultPoint point)
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1, "k1"));
        Memory.Store.FailCommits(1, point, c => c.Partition.StartsWith("session/", StringComparison.Ordinal));
        (await Should.ThrowAsync<UnavailableException>(async () => await session.AppendAsync(Turn(2, "k2")))).Code.ShouldBe(ErrorCodes.StorageUnavailable);
        var retry = await session.AppendAsync(Turn(2, "k2"));
        (retry.FirstSequence, retry.Repeated).ShouldBe((3, point == FaultPoint.AfterWrite));
        (await HistoryAsync(session)).Select(m => m.Content).ShouldBe(["question 1", "answer 1", "question 2", "answer 2"]);
    }

    [Fact]
    public async Task An_append_whose_messages_all_carry_ids_is_recognised_by_them()
    {
        var session = Memory.Session();
        var request = Append(User("a") with { Id = "m-1" }, Assistant("b") with { Id = "m-2" });
        var first = await session.AppendAsync(request);
        first.Messages.Select(m => m.Id).ShouldBe(["m-1", "m-2"]);
        (await session.AppendAsync(request)).Repeated.ShouldBeTrue();
        var changed = Append(User("a") with { Id = "m-1" }, Assistant("other") with { Id = "m-2" });
        (await Should.ThrowAsync<ConflictException>(async () => await session.AppendAsync(changed))).Code.ShouldBe(ErrorCodes.KeyReused);
        (await HistoryAsync(session)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_and_a_message_id_that_look_alike_have_nothing_to_do_with_each_other()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1, "same"));
        var withId = await session.AppendAsync(Append(User("x") with { Id = "same" }));
        withId.Repeated.ShouldBeFalse();
    }

    [Fact]
    public async Task The_scope_of_a_key_is_one_session()
    {
        await Memory.Session("a").AppendAsync(Turn(1, "k"));
        (await Memory.Session("b").AppendAsync(Turn(2, "k"))).Repeated.ShouldBeFalse();
    }

    [Fact]
    public async Task A_repeat_of_the_append_that_created_the_session_does_not_create_it_again()
    {
        Memory.Store.FailCommits(1, FaultPoint.AfterWrite, c => c.Partition.StartsWith("session/", StringComparison.Ordinal));
        await Should.ThrowAsync<UnavailableException>(async () => await Memory.Session().AppendAsync(Turn(1, "k")));
        (await Memory.Session().AppendAsync(Turn(1, "k"))).Repeated.ShouldBeTrue();
        await Memory.Session().StartAsync(new StartSessionOptions());
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem().TurnCount.ShouldBe(1);
    }
}
