namespace Granary.Core.Storage.Paged;

/// <summary>A store of single records with ETags: what any grain storage offers. Each call is atomic; nothing spans two records.</summary>
/// <remarks>
/// All members may be called from any thread. An ETag never comes back for a record, not even after the record was removed and made again.
/// A call that has not ended within half an hour must never take effect: give each a time limit well below.
/// </remarks>
public interface IRecordStore
{
    /// <summary>Reads the latest durable state of a record.</summary>
    /// <param name="partition">The partition, 1 to <see cref="StorageLimits.MaxPartitionIdLength"/> characters of visible ASCII.</param>
    /// <param name="record">The record within it, 1 to 32 lower-case letters, digits and <c>-</c>.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The record, whose bytes nobody changes; null if there is none.</returns>
    /// <exception cref="StorageException">The store failed.</exception>
    ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken ct = default);

    /// <summary>Writes a record if its ETag still holds. Returns after the write is durable.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="record">The record within it.</param>
    /// <param name="body">Its bytes, which do not change until the call has ended.</param>
    /// <param name="etag">The ETag that was read or written last; null: the record must not exist.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The new ETag.</returns>
    /// <exception cref="RecordConflictException">The ETag does not hold; nothing was written.</exception>
    /// <exception cref="StorageException">The store failed; the record may or may not have been written.</exception>
    ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken ct = default);

    /// <summary>Removes a record; that there is none is no error.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="record">The record within it.</param>
    /// <param name="etag">The ETag that must hold if the record exists; null: remove whatever is there.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="RecordConflictException">The ETag does not hold; nothing was removed.</exception>
    /// <exception cref="StorageException">The store failed; the record may or may not have been removed.</exception>
    ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken ct = default);
}

/// <summary>A record as it was read.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="ETag">What a write must name to replace it.</param>
public sealed record StoredRecord(ReadOnlyMemory<byte> Body, string ETag);
