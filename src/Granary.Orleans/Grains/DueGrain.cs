using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Granary.Orleans.Storage;
using Orleans;
using Orleans.Concurrency;

namespace Granary.Orleans.Grains;

/// <summary>The due list of a shard of the cluster.</summary>
[GrainType("due")]
[Reentrant]
internal sealed class DueGrain(DueLists lists) : Grain, IDueGrain
{
    private int Shard => (int)this.GetPrimaryKeyLong();

    public Task<string> AddAsync(string partition, DateTimeOffset dueAt) => DoAsync(() => lists.Stored.AddAsync(Shard, partition, dueAt).AsTask());

    public Task<DueItem[]> DueAsync(DateTimeOffset until, int max) => DoAsync(async () =>
        (await lists.Stored.DueAsync(Shard, until, max)).Select(e => new DueItem(e.Key, e.Partition, e.DueAt, e.AddedAt)).ToArray());

    public Task RemoveAsync(string[] keys) => DoAsync(async () =>
    {
        await lists.Stored.RemoveAsync(Shard, keys);
        return true;
    });

    // The store's own error does not pass between silos.
    private static async Task<T> DoAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (StorageException exception)
        {
            throw new UnavailableException(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);
        }
    }
}
