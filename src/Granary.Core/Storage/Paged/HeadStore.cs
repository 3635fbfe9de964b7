namespace Granary.Core.Storage.Paged;

/// <summary>A head as it was when it was read or written last.</summary>
/// <param name="Head">The head; null: there is no record.</param>
/// <param name="ETag">Its ETag; null: there is no record.</param>
/// <param name="ReadAt">When it was known to be so, as a timestamp of the clock.</param>
internal sealed record KnownHead(PartitionHead? Head, string? ETag, long ReadAt);

/// <summary>The head records, and what is remembered of them: memory saves a read before a write, the ETag decides whether it was right.</summary>
internal sealed class HeadStore(RecordGateway gateway, TimeProvider time, PagedStoreOptions options)
{
    private readonly ByteBoundedCache<string, KnownHead> _known = new(options.HeadCacheBytes);

    public KnownHead? Remembered(string partition) => _known.TryGet(partition, out var known) ? known : null;

    public void Forget(string partition) => _known.Remove(partition);

    public bool IsFresh(KnownHead known) => time.GetElapsedTime(known.ReadAt) < options.Limits.MaxHeadAge;

    public async ValueTask<KnownHead> ReadAsync(string partition, CancellationToken cancellationToken)
    {
        // The time before the read: it is at least as fresh.
        var now = time.GetTimestamp();
        var record = await gateway.ReadAsync(partition, PartitionHead.Record, cancellationToken).ConfigureAwait(false);
        var known = record is null
            ? new KnownHead(null, null, now)
            : new KnownHead(RecordGateway.Decode(partition, PartitionHead.Record, record.Body, HeadCodec.Decode), record.ETag, now);
        Remember(partition, known, record?.Body.Length ?? 0);
        return known;
    }

    /// <summary>Writes a head over the one that is known.</summary>
    /// <exception cref="RecordConflictException">Another was written meanwhile; nothing was written now.</exception>
    /// <exception cref="StorageException">Unknown whether it was written; or the head is too large, and was not.</exception>
    public async ValueTask<KnownHead> WriteAsync(string partition, PartitionHead head, KnownHead over)
    {
        var body = HeadCodec.Encode(head);
        if (body.Length > options.Limits.MaxHeadBytes)
        {
            throw new StorageException(
                $"The head of partition '{partition}' would have {body.Length} bytes, more than the {options.Limits.MaxHeadBytes} that every "
                + "record store takes; nothing was written.");
        }

        // Whatever goes wrong, what was remembered may be wrong from here on.
        Forget(partition);
        var now = time.GetTimestamp();
        var etag = await gateway.WriteAsync(partition, PartitionHead.Record, body, over.ETag).ConfigureAwait(false);
        var known = new KnownHead(head, etag, now);
        Remember(partition, known, body.Length);
        return known;
    }

    /// <exception cref="RecordConflictException">Another was written meanwhile; nothing was removed.</exception>
    public async ValueTask DeleteAsync(string partition, KnownHead known)
    {
        Forget(partition);
        await gateway.DeleteAsync(partition, PartitionHead.Record, known.ETag).ConfigureAwait(false);
    }

    private void Remember(string partition, KnownHead known, int recordBytes) => _known.Set(
        partition,
        known,
        recordBytes + (known.Head is { } head ? MemoryUse.Of(head) : 0) + MemoryUse.Of(known.ETag ?? "") + MemoryUse.Of(partition) + MemoryUse.CacheEntry);
}
