using Granary.Conformance.Stores;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>How a store is broken, to see that the check sees it.</summary>
internal enum Variant
{
    /// <summary>It is not.</summary>
    Sound,

    /// <summary>Heads are written whatever their ETag.</summary>
    BlindHead,

    /// <summary>Replaced pages are removed at once, not an hour later.</summary>
    PagesRemovedAtOnce,

    /// <summary>A page that exists is overwritten.</summary>
    PagesOverwritten,
}

/// <summary>The records of a history: tells the truth of every head that is really written, and breaks the rules that a variant breaks.</summary>
internal sealed class HistoryRecords(Variant variant, Func<string, PartitionTruth?> truths) : IRecordStore
{
    public InMemoryRecordStore Inner { get; } = new();

    public ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken ct = default) => Inner.ReadAsync(partition, record, ct);

    public ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken ct = default)
    {
        var isHead = record == PartitionHead.Record;
        var blind = isHead ? variant is Variant.BlindHead : variant is Variant.PagesOverwritten;
        var written = blind ? ValueTask.FromResult(Inner.WriteBlindly(partition, record, body)) : Inner.WriteAsync(partition, record, body, etag, ct);
        if (isHead)
        {
            truths(partition)?.Written(body);
        }

        return written;
    }

    public ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken ct = default)
    {
        var there = Inner.RecordsOf(partition).ContainsKey(record);
        var deleted = Inner.DeleteAsync(partition, record, etag, ct);
        if (record == PartitionHead.Record && there)
        {
            truths(partition)?.Removed();
        }

        return deleted;
    }
}
