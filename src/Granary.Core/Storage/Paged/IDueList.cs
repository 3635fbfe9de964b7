namespace Granary.Core.Storage.Paged;

/// <summary>
/// What each maintenance shard knows of due partitions, for a record store that cannot be queried. It may hold false entries, as one is
/// added before the commit that needs it; <see cref="PagedPartitionStore.DueAsync"/> checks each against the partition's head.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public interface IDueList
{
    /// <summary>Adds an entry. Returns after it is durable. Each call adds one of its own, also for the same partition and time.</summary>
    /// <param name="shard">0 to <see cref="PartitionShard.Count"/> - 1.</param>
    /// <param name="partition">The partition's id.</param>
    /// <param name="dueAt">When to look at it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The entry's key: at most 64 characters of ASCII, never given twice.</returns>
    /// <exception cref="StorageException">The list failed; the entry may or may not be there, which is harmless.</exception>
    ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default);

    /// <summary>The entries whose time is not after <paramref name="until"/>, the earliest first.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="until">The last time that is wanted.</param>
    /// <param name="max">How many at the most, 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The list failed.</exception>
    ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default);

    /// <summary>Removes entries; those that are not there are no error.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="keys">Their keys.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The list failed; call again.</exception>
    ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default);
}

/// <summary>An entry of a shard's due list.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Partition">The partition to look at.</param>
/// <param name="DueAt">When.</param>
/// <param name="AddedAt">When the entry was added.</param>
public readonly record struct DueEntry(string Key, string Partition, DateTimeOffset DueAt, DateTimeOffset AddedAt);
