using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>The maintenance shards and their reminders.</summary>
public sealed class MaintenanceTests : IAsyncLifetime
{
    /// <summary>The shard whose own reminder ticks last, a minute after the start.</summary>
    private const int Late = PartitionShard.Count - 1;

    private readonly ManualTimeProvider _time = new();
    private readonly FaultyPartitionStore _faulty;
    private readonly WatchedStore _store;
    private InProcessTestCluster _cluster = null!;

    public MaintenanceTests()
    {
        _faulty = new FaultyPartitionStore(new InMemoryPartitionStore(_time));
        _store = new WatchedStore(_faulty);
    }

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(
        _store, configure: options => (options.UseReminders, options.TimeProvider) = (true, _time), silo: silo => silo.UseInMemoryReminderService());

    public Task DisposeAsync()
    {
        _cluster.Abandon();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Every_shard_has_one_reminder_however_often_it_is_looked_for()
    {
        var table = _cluster.Silos[0].ServiceProvider.GetRequiredService<IReminderTable>();
        await Turns.UntilAsync(async () => (await table.ReadRows(0, 0)).Reminders.Count == PartitionShard.Count, "all shards had their reminders");
        var before = (await table.ReadRows(0, 0)).Reminders;
        before.Select(row => row.GrainId).ShouldBeUnique();
        before.ShouldAllBe(row => row.Period == TimeSpan.FromMinutes(1));
        before.Select(row => row.StartAt).Distinct().Count().ShouldBeGreaterThan(200);
        foreach (var shard in (int[])[0, 1, 255])
        {
            var grain = Shard(shard);
            await grain.EnsureReminderAsync();
            await _cluster.DeactivateAsync(grain.GetGrainId());
            await grain.EnsureReminderAsync();
        }

        await _cluster.StartAdditionalSiloAsync();
        await Shard(7).EnsureReminderAsync();
        (await table.ReadRows(0, 0)).Reminders.Select(row => (row.GrainId, row.ETag)).ShouldBe(before.Select(row => (row.GrainId, row.ETag)), ignoreOrder: true);
    }

    [Fact]
    public async Task A_tick_is_answered_at_once_and_ticks_meanwhile_begin_no_second_sweep()
    {
        var gate = new TaskCompletionSource();
        var grain = Shard(Late);
        await SettledAsync(grain);
        _store.DueGates[Late] = gate.Task;
        var before = _store.Sweeps(Late);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => TickAsync(grain).WaitAsync(Turns.Patience)));
        await Turns.UntilAsync(() => Task.FromResult(_store.Sweeps(Late) > before), "the sweep had begun");
        await TickAsync(grain);
        (_store.Sweeps(Late) - before).ShouldBe(1);
        gate.SetResult();
        await grain.WakeAsync();
        (_store.Sweeps(Late) - before).ShouldBe(2);
    }

    [Fact]
    public async Task Who_wakes_a_shard_that_is_awake_waits_and_sweeps_after_it_one_at_a_time()
    {
        var grain = Shard(Late);
        await SettledAsync(grain);
        var gate = new TaskCompletionSource();
        _store.DueGates[Late] = gate.Task;
        var before = _store.Sweeps(Late);
        var wakes = Enumerable.Range(0, 3).Select(_ => grain.WakeAsync()).ToList();
        await Turns.UntilAsync(() => Task.FromResult(_store.Sweeps(Late) > before), "the sweep had begun");

        // Each sweep is held: were there two at a time, they would be counted.
        for (var sweep = 1; sweep <= 3; sweep++)
        {
            await Turns.UntilAsync(() => Task.FromResult(_store.Sweeps(Late) - before == sweep), $"sweep {sweep} had begun");
            await grain.EnsureReminderAsync();
            (_store.Sweeps(Late) - before).ShouldBe(sweep);
            var opened = gate;
            gate = new TaskCompletionSource();
            _store.DueGates[Late] = gate.Task;
            opened.SetResult();
        }

        await Task.WhenAll(wakes).WaitAsync(Turns.Patience);
    }

    [Fact]
    public async Task Due_sessions_are_looked_after_wherever_they_are()
    {
        var memory = _cluster.Memory();
        await memory.Resources(Turns.Ada.Tenant).PutAsync(new MemoryResource
        {
            Name = "short-lived",
            Retention = new RetentionPolicy { EndAfterIdleDays = 1, EraseAfterDays = 3 },
        });

        // Nobody tells the user of these: the outbox waits for maintenance.
        _faulty.FailCommits(1_000, when: commit => commit.Partition.StartsWith("user/", StringComparison.Ordinal));
        for (var i = 0; i < 12; i++)
        {
            await _cluster.BeginOnAsync(i % 2, $"s{i}", "short-lived");
        }

        for (var i = 6; i < 12; i++)
        {
            await _cluster.DeactivateAsync(_cluster.Grain($"s{i}"));
        }

        (await memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
        _faulty.Recover();
        _time.Advance(TimeSpan.FromMinutes(2));
        await TickAllAsync();
        (await memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery())).Sessions.Count.ShouldBe(12);
        _time.Advance(TimeSpan.FromDays(1));
        await TickAllAsync();
        (await memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery())).Sessions.ShouldAllBe(s => s.Status == SessionStatus.Completed);
        _time.Advance(TimeSpan.FromDays(3));
        await TickAllAsync();
        (await memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
        for (var i = 0; i < 12; i++)
        {
            await Should.ThrowAsync<ErasedException>(async () => await memory.Session(Turns.Key($"s{i}")).GetContextAsync());
        }
    }

    [Fact]
    public async Task A_shard_outlives_a_store_that_fails()
    {
        var shard = PartitionShard.Of("session/acme/ada/s1");
        var grain = Shard(shard);
        await SettledAsync(grain);
        _faulty.FailCommits(1_000, when: commit => commit.Partition.StartsWith("user/", StringComparison.Ordinal));
        await _cluster.Memory().AppendAsync("s1", "hello");
        _faulty.Recover();
        _time.Advance(TimeSpan.FromMinutes(2));
        _faulty.Crash();
        var before = _store.Sweeps(shard);
        await TickAsync(grain);
        await Turns.UntilAsync(() => Task.FromResult(_store.Sweeps(shard) > before), "it had looked");
        await Should.ThrowAsync<Exception>(() => grain.WakeAsync());
        _faulty.Recover();
        await TickAsync(grain);
        await SettledAsync(grain);
        (await _cluster.Memory().User(Turns.Ada).ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
    }

    private static Task TickAsync(IMaintenanceGrain grain) => grain.AsReference<IRemindable>().ReceiveReminder("due", default);

    /// <summary>Returns when nothing of the shard is under way.</summary>
    private static async Task SettledAsync(IMaintenanceGrain grain) => await grain.WakeAsync();

    private async Task TickAllAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, PartitionShard.Count).Select(shard => TickAsync(Shard(shard))));
        await Task.WhenAll(Enumerable.Range(0, PartitionShard.Count).Select(shard => SettledAsync(Shard(shard))));
    }

    private IMaintenanceGrain Shard(int shard) => _cluster.Client.GetGrain<IMaintenanceGrain>(shard);
}
