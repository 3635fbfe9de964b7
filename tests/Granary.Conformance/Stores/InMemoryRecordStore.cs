using System.Globalization;
using Granary.Core.Storage.Paged;

namespace Granary.Conformance.Stores;

/// <summary>Records in memory; all calls complete at once on the caller's thread. Outlives the stores that work on it.</summary>
public sealed class InMemoryRecordStore : IRecordStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Partition, string Record), (byte[] Body, long ETag)> _records = [];
    private long _lastETag;

    /// <summary>The records of a partition and their sizes; for assertions.</summary>
    public IReadOnlyDictionary<string, int> RecordsOf(string partition)
    {
        lock (_gate)
        {
            return _records.Where(r => r.Key.Partition == partition).ToDictionary(r => r.Key.Record, r => r.Value.Body.Length);
        }
    }

    /// <summary>Another store with the same records.</summary>
    public InMemoryRecordStore Copy()
    {
        lock (_gate)
        {
            var copy = new InMemoryRecordStore { _lastETag = _lastETag };
            foreach (var (key, record) in _records)
            {
                copy._records.Add(key, record);
            }

            return copy;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_records.TryGetValue((partition, record), out var found) ? new StoredRecord(found.Body, Text(found.ETag)) : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Check(partition, record, etag, orMissing: false);
            _records[(partition, record)] = (body.ToArray(), ++_lastETag);
            return ValueTask.FromResult(Text(_lastETag));
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (etag is not null)
            {
                Check(partition, record, etag, orMissing: true);
            }

            _records.Remove((partition, record));
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Writes a record whatever its ETag: for tests of what must not be done.</summary>
    public string WriteBlindly(string partition, string record, ReadOnlyMemory<byte> body)
    {
        lock (_gate)
        {
            _records[(partition, record)] = (body.ToArray(), ++_lastETag);
            return Text(_lastETag);
        }
    }

    private static string Text(long etag) => etag.ToString(CultureInfo.InvariantCulture);

    private void Check(string partition, string record, string? etag, bool orMissing)
    {
        var current = _records.TryGetValue((partition, record), out var found) ? Text(found.ETag) : null;
        if (current != etag && !(orMissing && current is null))
        {
            throw new RecordConflictException($"Record {record} of '{partition}' has ETag {current ?? "none"}, not {etag ?? "none"}.");
        }
    }
}
