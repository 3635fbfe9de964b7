namespace Granary.Core.Storage;

/// <summary>
/// The storage port, shaped like a partitioned document database: a partition has an id, a version and documents ordered by id;
/// every commit is checked against the version, so a partition has one effective writer without any lock.
/// </summary>
/// <remarks>
/// All members may be called from any thread. Ids of partitions are at most <see cref="StorageLimits.MaxPartitionIdLength"/> characters
/// of visible ASCII; ids of documents hold letters, digits, <c>:</c> and <c>-</c> only and are ordered by ordinal comparison.
/// Errors of the medium surface as <see cref="StorageException"/>; after one from <see cref="CommitAsync"/> the outcome of that commit is unknown.
/// </remarks>
public interface IPartitionStore
{
    /// <summary>
    /// Writes a partition's documents, all or none, if its version is still the expected one. Returns after the write is durable.
    /// </summary>
    /// <remarks>
    /// The version is checked before the documents: a stale writer is told <see cref="CommitStatus.Conflict"/>, not that a document exists.
    /// A cancelled commit that the store has begun is waited for; an <see cref="OperationCanceledException"/> means that nothing was written.
    /// </remarks>
    /// <exception cref="StorageException">The store failed; the commit may or may not have been applied.</exception>
    /// <exception cref="ArgumentException">The commit breaks a limit of <see cref="StorageLimits"/>; nothing was written.</exception>
    ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default);

    /// <summary>Reads one page of a partition's documents in the order of their ids, with the version they belong to.</summary>
    /// <remarks>An unknown or erased partition gives an empty page whose <see cref="PartitionPage.Version"/> or <see cref="PartitionPage.Erased"/> says so.</remarks>
    /// <exception cref="StorageException">The store failed.</exception>
    ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default);

    /// <summary>Reads the named documents, in the order of their ids; those that do not exist are left out.</summary>
    /// <param name="partition">The partition's id.</param>
    /// <param name="ids">At most <see cref="StorageLimits.MaxIdsPerGet"/> ids; one named twice is answered once. The answer is one page, whatever its bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default);

    /// <summary>The partitions of a maintenance shard whose due time is not after <paramref name="until"/>, the longest due first.</summary>
    /// <param name="shard">0 to <see cref="PartitionShard.Count"/> - 1.</param>
    /// <param name="until">The time that counts as due.</param>
    /// <param name="max">How many at the most, 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases a partition if its version is still the expected one: its documents are gone and a tombstone without content stays, due for
    /// <see cref="PurgeAsync"/> after <see cref="StorageLimits.TombstoneLifetime"/>.
    /// </summary>
    /// <remarks>
    /// Checked like a commit, so that the late erasure of a writer that was overtaken cannot take what was begun anew under the same id.
    /// Erasing what is erased or unknown leaves (or makes) a tombstone, whatever the expected version.
    /// </remarks>
    /// <param name="partition">The partition's id.</param>
    /// <param name="expected">The version that the caller has seen.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether a tombstone stands there now; false: the partition lives with another version, and nothing was erased.</returns>
    /// <exception cref="StorageException">The store failed; call again.</exception>
    ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default);

    /// <summary>Forgets a tombstone whose lifetime is over; a partition that lives, or a younger tombstone, is left alone.</summary>
    /// <exception cref="StorageException">The store failed; call again.</exception>
    ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default);

    /// <summary>Whether the store can be read and written now, found out by doing both. Never throws for a failing store: the answer says so.</summary>
    ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default);
}
