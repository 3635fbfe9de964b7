using System.Collections.Concurrent;
using Granary.Core.Storage;

namespace Granary.Orleans.Tests;

/// <summary>A store that remembers what was written and takes other threads' turns in between, so that whatever can meet does.</summary>
internal sealed class WatchedStore(IPartitionStore inner, int seed = 1) : IPartitionStore
{
    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<int, int> _sweeps = new();

    /// <summary>The commits that were written, in no order.</summary>
    public ConcurrentBag<PartitionCommit> Written { get; } = [];

    /// <summary>What the question of a shard for its due partitions waits for.</summary>
    public ConcurrentDictionary<int, Task> DueGates { get; } = new();

    /// <summary>How often a shard has asked what is due.</summary>
    public int Sweeps(int shard) => _sweeps.GetValueOrDefault(shard);

    public async ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        await WanderAsync();
        var result = await inner.CommitAsync(commit, cancellationToken);
        if (result.Status == CommitStatus.Committed)
        {
            Written.Add(commit);
        }

        await WanderAsync();
        return result;
    }

    public async ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        await WanderAsync();
        return await inner.ReadAsync(partition, range, cancellationToken);
    }

    public async ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        await WanderAsync();
        return await inner.GetAsync(partition, ids, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        _sweeps.AddOrUpdate(shard, 1, static (_, count) => count + 1);
        await DueGates.GetValueOrDefault(shard, Task.CompletedTask);
        return await inner.DueAsync(shard, until, max, cancellationToken);
    }

    public ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(partition, expected, cancellationToken);

    public ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default) => inner.PurgeAsync(partition, cancellationToken);

    public ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default) => inner.ProbeAsync(cancellationToken);

    private async Task WanderAsync()
    {
        int yields;
        lock (_random)
        {
            yields = _random.Next(4);
        }

        for (var i = 0; i < yields; i++)
        {
            await Task.Yield();
        }
    }
}
