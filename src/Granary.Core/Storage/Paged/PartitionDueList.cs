using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Granary.Core.Storage.Paged;

/// <summary>
/// The due list of shards as documents of partitions <c>due/{shard}</c> of a partition store, their ids in the order of their times.
/// Adding and removing share commits; a shard should have one such object at a time (a grain per shard, say), two only disturb each other.
/// </summary>
/// <param name="store">The store; it is never given a due time itself, so it may be a <see cref="PagedPartitionStore"/> over the same records.</param>
/// <param name="time">The clock that says when an entry was added.</param>
public sealed class PartitionDueList(IPartitionStore store, TimeProvider? time = null) : IDueList
{
    private const string Prefix = "d:";
    private const int MaxAttempts = 5;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Shard?[] _shards = new Shard?[PartitionShard.Count];

    /// <summary>The partition that keeps a shard's list.</summary>
    public static string PartitionOf(int shard)
    {
        StorageGuard.CheckDue(shard, 1);
        return string.Create(CultureInfo.InvariantCulture, $"due/{shard}");
    }

    /// <inheritdoc/>
    public async ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        var key = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{dueAt.UtcTicks:d19}:{Guid.NewGuid():N}");
        var body = new byte[8 + partition.Length];
        BinaryPrimitives.WriteInt64LittleEndian(body, _time.GetUtcNow().UtcTicks);
        Encoding.ASCII.GetBytes(partition, body.AsSpan(8));
        await ShardOf(shard).WriteAsync(DocumentWrite.Put(key, body), cancellationToken).ConfigureAwait(false);
        return key;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckDue(shard, max);
        var entries = new List<DueEntry>();
        // Up to the end of that tick: a semicolon comes after the colon behind the time.
        var end = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{until.UtcTicks:d19};");
        for (string? from = Prefix; from is not null && entries.Count < max;)
        {
            var range = new DocumentRange(from, end) { Limit = Math.Min(max - entries.Count, StorageLimits.MaxDocumentsPerPage) };
            var page = await store.ReadAsync(PartitionOf(shard), range, cancellationToken).ConfigureAwait(false);
            entries.AddRange(page.Documents.Select(Entry));
            from = page.Next;
        }

        return entries;
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await Task.WhenAll(keys.Distinct(StringComparer.Ordinal).Select(key => ShardOf(shard).WriteAsync(DocumentWrite.Delete(key), cancellationToken)))
            .ConfigureAwait(false);
    }

    private Shard ShardOf(int shard)
    {
        var partition = PartitionOf(shard);
        return _shards[shard] ?? Interlocked.CompareExchange(ref _shards[shard], new Shard(store, partition), null) ?? _shards[shard]!;
    }

    private static DueEntry Entry(Document document)
    {
        var due = long.Parse(document.Id.AsSpan(Prefix.Length, 19), NumberStyles.None, CultureInfo.InvariantCulture);
        var added = BinaryPrimitives.ReadInt64LittleEndian(document.Body.Span);
        return new DueEntry(
            document.Id, Encoding.ASCII.GetString(document.Body.Span[8..]), new DateTimeOffset(due, TimeSpan.Zero), new DateTimeOffset(added, TimeSpan.Zero));
    }

    /// <summary>One shard's writer: one commit in flight, what comes meanwhile joins the next.</summary>
    private sealed class Shard(IPartitionStore store, string partition)
    {
        private readonly Lock _gate = new();
        private List<DocumentWrite> _waiting = [];
        private TaskCompletionSource? _next;
        private bool _running;
        private PartitionVersion? _version;

        public async Task WriteAsync(DocumentWrite write, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task written;
            bool run;
            lock (_gate)
            {
                _waiting.Add(write);
                _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                written = _next.Task;
                (run, _running) = (!_running, true);
            }

            if (run)
            {
                // Not awaited: it goes on with what others add after this.
                _ = RunAsync();
            }

            await written.ConfigureAwait(false);
        }

        private async Task RunAsync()
        {
            while (true)
            {
                List<DocumentWrite> writes;
                TaskCompletionSource done;
                lock (_gate)
                {
                    if (_next is null)
                    {
                        _running = false;
                        return;
                    }

                    (writes, _waiting) = (_waiting, []);
                    (done, _next) = (_next, null);
                }

                try
                {
                    // Two callers may remove the same entry at the same time; a commit takes each id once.
                    foreach (var chunk in writes.DistinctBy(w => w.Id).Chunk(StorageLimits.MaxDocumentsPerCommit))
                    {
                        await CommitAsync(chunk).ConfigureAwait(false);
                    }

                    done.SetResult();
                }
                catch (Exception exception)
                {
                    _version = null;
                    done.SetException(exception);
                }
            }
        }

        private async Task CommitAsync(DocumentWrite[] writes)
        {
            for (var i = 0; i < MaxAttempts; i++)
            {
                _version ??= (await store.GetAsync(partition, []).ConfigureAwait(false)).Version;
                var result = await store.CommitAsync(
                    new PartitionCommit { Partition = partition, Expected = _version.Value, Writes = writes }).ConfigureAwait(false);
                if (result.Status is CommitStatus.Committed)
                {
                    _version = result.Version;
                    return;
                }

                _version = null;
            }

            throw new StorageException($"Others wrote the due list '{partition}' {MaxAttempts} times meanwhile.");
        }
    }
}
