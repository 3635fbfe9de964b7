using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Granary.Orleans.Cluster;
using Granary.Orleans.Grains;
using Orleans;

namespace Granary.Orleans.Storage;

/// <summary>The due lists, each behind its grain.</summary>
internal sealed class ClusterDueList(IGrainFactory grains) : IDueList
{
    public ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default) =>
        DoAsync(() => grains.GetGrain<IDueGrain>(shard).AddAsync(partition, dueAt), cancellationToken);

    public async ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        var items = await DoAsync(() => grains.GetGrain<IDueGrain>(shard).DueAsync(until, max), cancellationToken).ConfigureAwait(false);
        return [.. items.Select(i => new DueEntry(i.Key, i.Partition, i.DueAt, i.AddedAt))];
    }

    public async ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        await DoAsync(() => RemoveAsync(grains.GetGrain<IDueGrain>(shard), [.. keys]), cancellationToken).ConfigureAwait(false);

    private static async Task<bool> RemoveAsync(IDueGrain grain, string[] keys)
    {
        await grain.RemoveAsync(keys).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<T> DoAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await ClusterCalls.GuardAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (UnavailableException exception)
        {
            throw new StorageException($"The due list does not answer: {exception.Message}", exception);
        }
    }
}
