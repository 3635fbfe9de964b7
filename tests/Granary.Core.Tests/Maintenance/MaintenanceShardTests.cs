using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Maintenance;

public sealed class MaintenanceShardTests
{
    private const int Shard = 7;
    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryPartitionStore _store;

    public MaintenanceShardTests() => _store = new InMemoryPartitionStore(_time);

    [Fact]
    public async Task A_wake_up_goes_on_until_nothing_is_due()
    {
        var sessions = await MakeDueAsync((2 * MaintenanceShard.PageSize) + 5);
        var targets = new Targets(_store);
        (await WakeAsync(targets)).ShouldBe(sessions);
        targets.Calls.ShouldBe(sessions);
        (await WakeAsync(targets)).ShouldBe(0);
    }

    [Fact]
    public async Task A_failure_ends_the_wake_up_with_its_page()
    {
        await MakeDueAsync(MaintenanceShard.PageSize + 5);
        var targets = new Targets(_store) { Failing = 3 };
        (await WakeAsync(targets)).ShouldBe(MaintenanceShard.PageSize - 1);
        targets.Calls.ShouldBe(MaintenanceShard.PageSize);
    }

    [Fact]
    public async Task What_stays_due_although_it_was_looked_after_is_not_looked_after_for_ever()
    {
        await MakeDueAsync(MaintenanceShard.PageSize);
        var targets = new Targets(_store) { Forgetful = true };
        (await WakeAsync(targets).WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(MaintenanceShard.PageSize);
    }

    [Fact]
    public async Task Partitions_of_other_kinds_go_to_who_looks_after_them()
    {
        var partitions = Enumerable.Range(0, int.MaxValue).Select(i => $"lease/acme/{i}").Where(p => PartitionShard.Of(p) == Shard).Take(3).ToList();
        foreach (var partition in partitions.Append(Enumerable.Range(0, int.MaxValue).Select(i => $"leased/{i}").First(p => PartitionShard.Of(p) == Shard)))
        {
            await _store.CommitAsync(new PartitionCommit { Partition = partition, Expected = PartitionVersion.None, Writes = [], DueAt = _time.GetUtcNow() });
        }

        var keeper = new Keeper { Failing = partitions[1] };
        (await new MaintenanceShard(Shard, _store, new Targets(_store), _time, NullLogger<MaintenanceShard>.Instance, [keeper]).WakeAsync(CancellationToken.None)).ShouldBe(2);
        keeper.Calls.ShouldBe(partitions);
    }

    private Task<int> WakeAsync(Targets targets) =>
        new MaintenanceShard(Shard, _store, targets, _time, NullLogger<MaintenanceShard>.Instance).WakeAsync(CancellationToken.None);

    private async Task<int> MakeDueAsync(int count)
    {
        var partitions = Enumerable.Range(0, int.MaxValue).Select(i => PartitionNames.Of(new SessionKey("acme", "ada", $"s{i}")));
        foreach (var partition in partitions.Where(p => PartitionShard.Of(p) == Shard).Take(count))
        {
            await _store.CommitAsync(new PartitionCommit { Partition = partition, Expected = PartitionVersion.None, Writes = [], DueAt = _time.GetUtcNow() });
        }

        return count;
    }

    private sealed class Keeper : IPartitionMaintenance
    {
        public string Kind => "lease";

        public string? Failing { get; init; }

        public List<string> Calls { get; } = [];

        public Task MaintainAsync(string partition, CancellationToken cancellationToken)
        {
            Calls.Add(partition);
            return partition == Failing ? Task.FromException(new InvalidOperationException("Not now.")) : Task.CompletedTask;
        }
    }

    /// <summary>Sessions that have nothing to do but to say so.</summary>
    private sealed class Targets(InMemoryPartitionStore store) : IMaintenanceTargets
    {
        public int Calls { get; private set; }

        /// <summary>The call that fails, from 1.</summary>
        public int Failing { get; init; }

        /// <summary>Whether sessions stay due.</summary>
        public bool Forgetful { get; init; }

        public Task MaintainAsync(UserKey user, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task MaintainAsync(SessionKey session, CancellationToken cancellationToken)
        {
            if (++Calls == Failing)
            {
                throw new InvalidOperationException("It cannot be loaded.");
            }

            if (!Forgetful)
            {
                var partition = PartitionNames.Of(session);
                var page = await store.GetAsync(partition, ["h"], cancellationToken);
                await store.CommitAsync(new PartitionCommit { Partition = partition, Expected = page.Version, Writes = [] }, cancellationToken);
            }
        }
    }
}
