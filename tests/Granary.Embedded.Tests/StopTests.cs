using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Embedded.Tests;

public sealed class StopTests
{
    private static readonly SessionKey Key = new("acme", "ada", "s1");

    private static AppendRequest Turn(string text) => new() { Messages = [new Message { Role = MessageRole.User, Content = text }] };

    private static bool OfSession(PartitionCommit commit) => commit.Partition.StartsWith("session/", StringComparison.Ordinal);

    private static bool OfUser(PartitionCommit commit) => commit.Partition.StartsWith("user/", StringComparison.Ordinal);

    [Fact]
    public async Task What_was_accepted_is_finished_and_what_comes_later_is_told_that_the_host_stops()
    {
        await using var memory = new EmbeddedFixture();
        var gate = memory.Store.HoldCommits(OfSession);
        var accepted = memory.Host.Session(Key).AppendAsync(Turn("accepted")).AsTask();
        await gate.ArrivalAsync();
        var stop = memory.Host.StopAsync();
        foreach (var late in (Func<Task>[])
            [
                async () => await memory.Host.Session(Key).AppendAsync(Turn("late")),
                async () => await memory.Host.Session(Key).GetContextAsync(),
                () => memory.Host.User(Key.Owner).ListSessionsAsync(new SessionQuery()),
                () => memory.Host.StartSessionAsync(Key.Owner, new StartSessionOptions()),
            ])
        {
            (await Should.ThrowAsync<UnavailableException>(late)).Code.ShouldBe(ErrorCodes.Stopping);
        }

        stop.IsCompleted.ShouldBeFalse();
        gate.Dispose();
        (await accepted).FirstSequence.ShouldBe(1);
        await stop.WaitAsync(TimeSpan.FromSeconds(30));

        // The first append tells the user before it answers: that part of the call passed the closed gate.
        await memory.RestartAsync();
        (await memory.Host.User(Key.Owner).ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem().LastSequence.ShouldBe(1);
    }

    [Fact]
    public async Task Who_waits_for_a_change_does_not_hold_up_the_stop()
    {
        await using var memory = new EmbeddedFixture();
        await memory.Host.Session(Key).AppendAsync(Turn("hello"));
        var watch = memory.Host.Session(Key).WaitForChangeAsync(new SessionChange(1, 1, SessionStatus.Active), Timeout.InfiniteTimeSpan);
        await memory.Host.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        (await Should.ThrowAsync<UnavailableException>(() => watch)).Code.ShouldBe(ErrorCodes.Stopping);
    }

    [Fact]
    public async Task A_stop_does_not_wait_longer_than_its_timeout()
    {
        await using var memory = new EmbeddedFixture(new EmbeddedOptions { StopTimeout = TimeSpan.FromSeconds(5) });
        using var gate = memory.Store.HoldCommits(OfSession);
        var held = memory.Host.Session(Key).AppendAsync(Turn("held")).AsTask();
        await gate.ArrivalAsync();
        var stop = memory.Host.StopAsync();
        await memory.Time.UntilTimersAsync(1);
        memory.Time.Advance(TimeSpan.FromSeconds(5));
        await stop.WaitAsync(TimeSpan.FromSeconds(30));
        gate.Dispose();
        await held;
    }

    [Fact]
    public async Task A_start_that_was_accepted_takes_its_second_step_though_the_host_stops()
    {
        await using var memory = new EmbeddedFixture();
        await memory.Host.Session(Key).AppendAsync(Turn("hello"));
        await memory.Host.Session(Key).EndAsync();
        memory.Host.Forget();
        var gate = memory.Store.HoldReads(p => p.StartsWith("session/", StringComparison.Ordinal));
        var start = memory.Host.StartSessionAsync(Key.Owner, new StartSessionOptions { SessionId = Key.Session });
        await gate.ArrivalAsync();
        var stop = memory.Host.StopAsync();
        gate.Dispose();
        (await start).PreviousSessionId.ShouldBe(Key.Session);
        await stop.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_caller_that_gives_up_spoils_nothing_for_the_others()
    {
        await using var memory = new EmbeddedFixture();
        using var cancelled = new CancellationTokenSource();
        var gate = memory.Store.HoldCommits(OfUser);
        var first = memory.Host.Session(Key).AppendAsync(Turn("one"), cancelled.Token).AsTask();
        await gate.ArrivalAsync();
        var second = memory.Host.Session(Key).StartAsync(new StartSessionOptions());
        await cancelled.CancelAsync();
        gate.Dispose();
        (await first).FirstSequence.ShouldBe(1);
        (await second).Context.LastSequence.ShouldBe(1);

        memory.Summarizer.Hold();
        using var impatient = new CancellationTokenSource();
        var ending = memory.Host.Session(Key).EndAsync(impatient.Token);
        await memory.Summarizer.Entered;
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => ending);
        memory.Summarizer.Release();
        (await memory.Host.Session(Key).AppendAsync(Turn("two"))).FirstSequence.ShouldBe(2);
        (await memory.Host.Session(Key).EndAsync()).AlreadyEnded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_compaction_whose_caller_gives_up_lets_the_next_one_in()
    {
        await using var memory = new EmbeddedFixture();
        for (var turn = 0; turn < 8; turn++)
        {
            await memory.Host.Session(Key).AppendAsync(Turn($"turn {turn}"));
        }

        memory.Summarizer.Hold();
        using var impatient = new CancellationTokenSource();
        var first = memory.Host.Session(Key).CompactAsync(new CompactOptions { Force = true }, impatient.Token);
        await memory.Summarizer.Entered;
        var second = memory.Host.Session(Key).CompactAsync(new CompactOptions { Force = true });
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        memory.Summarizer.Release();
        (await second).FoldedMessages.ShouldBe(4);
    }

    [Fact]
    public async Task Maintenance_of_one_session_that_is_cancelled_or_hangs_does_not_keep_the_others_waiting()
    {
        await using var memory = new EmbeddedFixture();
        var partitions = Enumerable.Range(0, 2000).Select(i => $"session/acme/ada/s{i}").Where(p => PartitionShard.Of(p) == 7).Take(3).ToList();
        foreach (var partition in partitions)
        {
            await memory.Store.CommitAsync(new PartitionCommit { Partition = partition, Expected = PartitionVersion.None, Writes = [], DueAt = memory.Time.GetUtcNow() });
        }

        var targets = new Targets();
        var waking = new MaintenanceShard(7, memory.Store, targets, memory.Time, NullLogger<MaintenanceShard>.Instance).WakeAsync(CancellationToken.None);
        await memory.Time.UntilTimersAsync(1);
        memory.Time.Advance(MaintenanceShard.MaxPerPartition);
        (await waking.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        targets.Calls.ShouldBe(3);
    }

    private sealed class Targets : IMaintenanceTargets
    {
        public int Calls { get; private set; }

        public Task MaintainAsync(UserKey user, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task MaintainAsync(SessionKey session, CancellationToken cancellationToken) => ++Calls switch
        {
            1 => Task.FromException(new TaskCanceledException("A model call timed out.")),
            2 => Task.Delay(Timeout.Infinite, cancellationToken),
            _ => Task.CompletedTask,
        };
    }
}
