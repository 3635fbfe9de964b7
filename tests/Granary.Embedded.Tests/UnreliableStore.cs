using Granary.Core.Storage;

namespace Granary.Embedded.Tests;

/// <summary>A store whose calls fail now and then, before or after they did what they were asked, and take other threads' turns in between.</summary>
internal sealed class UnreliableStore(IPartitionStore inner, int seed) : IPartitionStore
{
    private readonly Random _random = new(seed);

    /// <summary>One call in so many fails; 0 for none.</summary>
    public int OneIn { get; set; }

    public async ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        await MayFailAsync();
        var result = await inner.CommitAsync(commit, cancellationToken);
        await MayFailAsync();
        return result;
    }

    public async ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        await MayFailAsync();
        return await inner.ReadAsync(partition, range, cancellationToken);
    }

    public async ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        await MayFailAsync();
        return await inner.GetAsync(partition, ids, cancellationToken);
    }

    public ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default) =>
        inner.DueAsync(shard, until, max, cancellationToken);

    public async ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        await MayFailAsync();
        var erased = await inner.DeleteAsync(partition, expected, cancellationToken);
        await MayFailAsync();
        return erased;
    }

    public ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default) => inner.PurgeAsync(partition, cancellationToken);

    public ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default) => inner.ProbeAsync(cancellationToken);

    private async Task MayFailAsync()
    {
        int yields;
        bool fails;
        lock (_random)
        {
            yields = _random.Next(4);
            fails = OneIn > 0 && _random.Next(2 * OneIn) == 0;
        }

        for (var i = 0; i < yields; i++)
        {
            await Task.Yield();
        }

        if (fails)
        {
            throw new StorageException("It fails now and then.");
        }
    }
}
