using Granary.Core.Storage;

namespace Granary.Conformance.Stores;

/// <summary>The port in a few lines of memory: the reference for its semantics, and the store of tests that are not about storage.</summary>
/// <remarks>All calls complete at once on the caller's thread; <see cref="FaultyPartitionStore"/> adds delays and failures.</remarks>
/// <param name="timeProvider">The clock of tombstones; the system's if null.</param>
public sealed class InMemoryPartitionStore(TimeProvider? timeProvider = null) : IPartitionStore
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Partition> _partitions = new(StringComparer.Ordinal);
    private long _lastVersion;

    /// <summary>The ids of all partitions that live, in order; for assertions.</summary>
    public IReadOnlyList<string> Partitions
    {
        get
        {
            lock (_gate)
            {
                return [.. _partitions.Where(p => p.Value.ErasedAt is null).Select(p => p.Key).Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckCommit(commit);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Commit(commit));
        }
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckRange(range);
        return ReadLiving(partition, living => Page(living, range), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckDocuments(ids);
        return ReadLiving(partition, living => Page(living, ids), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckDue(shard, max);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<DuePartition>>(
            [
                .. _partitions
                    .Where(p => p.Value.Due <= until && PartitionShard.Of(p.Key) == shard)
                    .Select(p => new DuePartition(p.Key, p.Value.Due!.Value.ToUniversalTime(), p.Value.ErasedAt is not null))
                    .OrderBy(due => due.DueAt)
                    .Take(max),
            ]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_partitions.TryGetValue(partition, out var existing) || existing.ErasedAt is null)
            {
                if (existing is not null && existing.Version != expected.Value)
                {
                    return ValueTask.FromResult(false);
                }

                var now = _time.GetUtcNow();
                _partitions[partition] = new Partition { ErasedAt = now, Due = now + StorageLimits.TombstoneLifetime };
            }
        }

        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_partitions.TryGetValue(partition, out var existing) && existing.ErasedAt + StorageLimits.TombstoneLifetime <= _time.GetUtcNow())
            {
                _partitions.Remove(partition);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new StoreHealth(Readable: true, Writable: true, TimeSpan.Zero, Error: null));

    private CommitResult Commit(PartitionCommit commit)
    {
        _partitions.TryGetValue(commit.Partition, out var partition);
        if (partition?.ErasedAt is not null && !commit.Recreate)
        {
            return new(CommitStatus.Erased, PartitionVersion.None);
        }

        var next = partition is null || partition.ErasedAt is not null ? new Partition() : partition;
        if (commit.Expected.Value != next.Version)
        {
            return new(CommitStatus.Conflict, PartitionVersion.None);
        }

        if (commit.Writes.Any(write => write.Kind is WriteKind.Insert && next.Documents.ContainsKey(write.Id)))
        {
            return new(CommitStatus.DocumentExists, PartitionVersion.None);
        }

        foreach (var write in commit.Writes)
        {
            if (write.Kind is WriteKind.Delete)
            {
                next.Documents.Remove(write.Id);
            }
            else
            {
                next.Documents[write.Id] = write.Body.ToArray();
            }
        }

        next.Version = ++_lastVersion;
        next.Due = commit.DueAt;
        _partitions[commit.Partition] = next;
        return new(CommitStatus.Committed, new PartitionVersion(next.Version));
    }

    private ValueTask<PartitionPage> ReadLiving(string partition, Func<Partition, PartitionPage> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(!_partitions.TryGetValue(partition, out var found)
                ? PartitionPage.Missing
                : found.ErasedAt is null ? read(found) : new PartitionPage(PartitionVersion.None, true, [], null));
        }
    }

    private static PartitionPage Page(Partition partition, DocumentRange range)
    {
        var documents = new List<Document>();
        var bytes = 0L;
        for (var i = partition.Begin(range); i < partition.Documents.Count; i++)
        {
            var (id, body) = (partition.Documents.GetKeyAtIndex(i), partition.Documents.GetValueAtIndex(i));
            if (string.CompareOrdinal(id, range.To) >= 0)
            {
                break;
            }

            bytes += id.Length + body.Length;
            if (documents.Count > 0 && (documents.Count == range.Limit || bytes > StorageLimits.PageBytes))
            {
                return new PartitionPage(new PartitionVersion(partition.Version), false, documents, id);
            }

            documents.Add(new Document(id, body));
        }

        return new PartitionPage(new PartitionVersion(partition.Version), false, documents, null);
    }

    private static PartitionPage Page(Partition partition, IReadOnlyList<string> ids)
    {
        var documents = ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Where(partition.Documents.ContainsKey)
            .Select(id => new Document(id, partition.Documents[id]));
        return new PartitionPage(new PartitionVersion(partition.Version), false, [.. documents], null);
    }

    private sealed class Partition
    {
        public long Version { get; set; }

        public DateTimeOffset? Due { get; set; }

        public DateTimeOffset? ErasedAt { get; init; }

        public SortedList<string, byte[]> Documents { get; } = new(StringComparer.Ordinal);

        /// <summary>The index of the first document of a range.</summary>
        public int Begin(DocumentRange range)
        {
            var from = FirstNotBefore(range.From);
            if (range.Floor is null || (from < Documents.Count && Documents.GetKeyAtIndex(from) == range.From))
            {
                return from;
            }

            return from > 0 && string.CompareOrdinal(Documents.GetKeyAtIndex(from - 1), range.Floor) >= 0 ? from - 1 : from;
        }

        private int FirstNotBefore(string id)
        {
            var (low, high) = (0, Documents.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = string.CompareOrdinal(Documents.GetKeyAtIndex(middle), id) < 0 ? (middle + 1, high) : (low, middle);
            }

            return low;
        }
    }
}
