using System.Diagnostics;
using Granary.Conformance.Stores;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>A silo stops while its sessions are in use.</summary>
public sealed class StopTests : IAsyncLifetime
{
    /// <summary>How much longer a stop may take than one of an idle silo at the same time; one that waits for a watcher's time to run out takes ten seconds more.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(7);

    private readonly FaultyPartitionStore _store = new(new InMemoryPartitionStore(TimeProvider.System));
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(_store);

    public Task DisposeAsync()
    {
        _cluster.Abandon();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_watcher_does_not_hold_up_the_stop_of_the_session_s_silo_and_goes_on_elsewhere()
    {
        const string Id = "s1";
        await using var idle = await TestClusters.StartAsync(new InMemoryPartitionStore(TimeProvider.System));
        await _cluster.BeginOnAsync(1, Id);
        var session = _cluster.Memory(0).Session(Turns.Key(Id));
        var watchers = Enumerable.Range(0, 5).Select(_ => session.WaitForChangeAsync(Seen(2), Timeout.InfiniteTimeSpan)).ToList();
        await session.GetInfoAsync();
        await StopSoonAsync(1, idle);
        watchers.ShouldAllBe(watcher => !watcher.IsCompleted, string.Join('\n', watchers.Select(watcher => watcher.Exception)));
        await session.AppendAsync(Turns.Turn("again"));
        foreach (var watcher in watchers)
        {
            (await watcher.WaitAsync(Turns.Patience)).ShouldBe(Seen(4));
        }
    }

    [Fact]
    public async Task A_watcher_of_the_process_that_stops_is_told_so_wherever_the_session_is()
    {
        await using var idle = await TestClusters.StartAsync(new InMemoryPartitionStore(TimeProvider.System));
        await _cluster.BeginOnAsync(1, "here");
        await _cluster.BeginOnAsync(0, "there");
        var watchers = new[] { "here", "there" }
            .Select(id => _cluster.Memory(1).Session(Turns.Key(id)).WaitForChangeAsync(Seen(2), Timeout.InfiniteTimeSpan)).ToList();
        await _cluster.Memory(1).Session(Turns.Key("here")).GetInfoAsync();
        await StopSoonAsync(1, idle);
        foreach (var watcher in watchers)
        {
            (await Should.ThrowAsync<UnavailableException>(() => watcher.WaitAsync(Turns.Patience))).Code.ShouldBe(ErrorCodes.Stopping);
        }
    }

    [Fact]
    public async Task A_watcher_outlives_the_sudden_death_of_the_session_s_silo()
    {
        const string Id = "s1";
        await _cluster.BeginOnAsync(1, Id);
        var session = _cluster.Memory(0).Session(Turns.Key(Id));
        var watcher = session.WaitForChangeAsync(Seen(2), Timeout.InfiniteTimeSpan);
        await session.GetInfoAsync();
        await _cluster.KillSiloAsync(_cluster.Silos[1]);
        await Repeat.UntilAnsweredAsync(() => session.AppendAsync(Turns.Turn("again", "k")));
        try
        {
            (await watcher.WaitAsync(Turns.Patience)).ShouldBe(Seen(4));
        }
        catch (UnavailableException lost)
        {
            // Its call died with the silo: the one who watches asks again.
            lost.Code.ShouldBe(ErrorCodes.ClusterUnavailable);
            (await session.WaitForChangeAsync(Seen(2), Timeout.InfiniteTimeSpan)).ShouldBe(Seen(4));
        }
    }

    [Fact]
    public async Task A_stop_waits_for_the_appends_under_way_and_what_they_wrote_is_there()
    {
        const string Id = "s1";
        await _cluster.BeginOnAsync(1, Id);
        var session = _cluster.Memory(0).Session(Turns.Key(Id));
        var gate = _store.HoldCommits(commit => commit.Partition.EndsWith(Id, StringComparison.Ordinal));
        var appends = new List<Task<AppendResult>> { session.AppendAsync(Turns.Turn("first")).AsTask() };
        await gate.ArrivalAsync();
        appends.AddRange(Enumerable.Range(0, 5).Select(i => session.AppendAsync(Turns.Turn($"more {i}")).AsTask()));
        await session.GetInfoAsync();
        var stop = _cluster.StopSiloAsync(_cluster.Silos[1]);
        await Turns.UntilAsync(() => Task.FromResult(_cluster.Silos.Count == 1 || !stop.IsCompleted), "the stop had begun");
        (await Task.WhenAny(stop, Task.Delay(500))).ShouldNotBe(stop);
        gate.Dispose();
        await stop.WaitAsync(Turns.Patience);
        (await Task.WhenAll(appends)).Select(result => result.FirstSequence).Order().ShouldBe([3, 5, 7, 9, 11, 13]);
        (await _cluster.Memory(0).HistoryAsync(Id)).Select(message => message.Sequence).ShouldBe(Enumerable.Range(1, 14).Select(i => (long)i));
    }

    [Fact]
    public async Task Calls_of_a_silo_that_has_stopped_are_told_as_unavailable()
    {
        const string Id = "s1";
        await _cluster.BeginOnAsync(0, Id);
        var memory = _cluster.Memory(1);
        var session = memory.Session(Turns.Key(Id));
        await session.GetContextAsync();
        await _cluster.StopSiloAsync(_cluster.Silos[1]);
        await AreUnavailableAsync(memory, session);
    }

    [Fact]
    public async Task Calls_of_a_client_that_has_stopped_are_told_as_unavailable()
    {
        var memory = _cluster.ClientMemory();
        var session = memory.Session(Turns.Key("s1"));
        await session.AppendAsync(Turns.Turn("hello"));
        await _cluster.StopClusterClientAsync();
        await AreUnavailableAsync(memory, session);
        (await memory.GetHealthAsync()).Status.ShouldBe("unhealthy");
    }

    [Fact]
    public async Task Calls_of_a_client_whose_cluster_is_gone_are_told_as_unavailable()
    {
        var memory = _cluster.ClientMemory();
        var session = memory.Session(Turns.Key("s1"));
        await session.AppendAsync(Turns.Turn("hello"));
        await _cluster.StopAllSilosAsync();
        await AreUnavailableAsync(memory, session);
        (await memory.GetHealthAsync()).Status.ShouldBe("unhealthy");
    }

    private static async Task AreUnavailableAsync(IMemoryCluster memory, ISessionMemory session)
    {
        Func<Task>[] calls =
        [
            async () => await session.AppendAsync(Turns.Turn("late")),
            async () => await session.GetContextAsync(),
            async () => await session.GetInfoAsync(),
            () => session.GetMessagesAsync(1, 10),
            () => session.StartAsync(new StartSessionOptions()),
            () => session.EndAsync(),
            () => session.ClearAsync(confirm: true),
            () => session.DeleteAsync(),
            () => session.CompactAsync(new CompactOptions()),
            () => session.ExportAsync(null),
            () => session.WaitForChangeAsync(Seen(2), Timeout.InfiniteTimeSpan),
            async () => await memory.Session(Turns.Key("new")).GetContextAsync(),
            () => memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery()),
            () => memory.StartSessionAsync(Turns.Ada, new StartSessionOptions()),
        ];
        for (var i = 0; i < calls.Length; i++)
        {
            await Should.ThrowAsync<UnavailableException>(() => calls[i]().WaitAsync(Turns.Patience), $"call {i}");
        }
    }

    private static SessionChange Seen(long last) => new(last, 1, SessionStatus.Active);

    /// <summary>Stops a silo, and an idle one of another cluster beside it: what both take says how slow the machine is.</summary>
    private async Task StopSoonAsync(int silo, InProcessTestCluster idle)
    {
        var stops = await Task.WhenAll(TimeAsync(_cluster, silo), TimeAsync(idle, silo));
        (stops[0] - stops[1]).ShouldBeLessThan(Longer);

        static async Task<TimeSpan> TimeAsync(InProcessTestCluster cluster, int silo)
        {
            var begun = Stopwatch.StartNew();
            await cluster.StopSiloAsync(cluster.Silos[silo]).WaitAsync(Turns.Patience);
            return begun.Elapsed;
        }
    }
}
