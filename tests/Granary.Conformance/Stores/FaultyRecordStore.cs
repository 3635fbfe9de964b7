using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Conformance.Stores;

/// <summary>What a record store is about to do.</summary>
public enum RecordCall
{
    /// <summary>A read.</summary>
    Read,

    /// <summary>A write.</summary>
    Write,

    /// <summary>A removal.</summary>
    Delete,
}

/// <summary>Records that fail, or let others in between, where a test wants it; and counts what passes.</summary>
/// <param name="inner">The records.</param>
public sealed class FaultyRecordStore(IRecordStore inner) : IRecordStore
{
    private int _reads;
    private int _writes;
    private int _deletes;

    /// <summary>Called before each call; what it throws, that call throws.</summary>
    public Func<RecordCall, string, string, ValueTask>? Before { get; set; }

    /// <summary>Called after each call that succeeded; what it throws, that call throws: the outcome that its caller does not know.</summary>
    public Func<RecordCall, string, string, ValueTask>? After { get; set; }

    /// <summary>Whether everything fails from now on, as after a crash.</summary>
    public bool IsCrashed { get; set; }

    /// <summary>Reads that were answered.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Writes that were done.</summary>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Removals that were done.</summary>
    public int Deletes => Volatile.Read(ref _deletes);

    /// <inheritdoc/>
    public async ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken ct = default)
    {
        await CallAsync(Before, RecordCall.Read, partition, record);
        var found = await inner.ReadAsync(partition, record, ct);
        Interlocked.Increment(ref _reads);
        await CallAsync(After, RecordCall.Read, partition, record);
        return found;
    }

    /// <inheritdoc/>
    public async ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken ct = default)
    {
        await CallAsync(Before, RecordCall.Write, partition, record);
        var written = await inner.WriteAsync(partition, record, body, etag, ct);
        Interlocked.Increment(ref _writes);
        await CallAsync(After, RecordCall.Write, partition, record);
        return written;
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken ct = default)
    {
        await CallAsync(Before, RecordCall.Delete, partition, record);
        await inner.DeleteAsync(partition, record, etag, ct);
        Interlocked.Increment(ref _deletes);
        await CallAsync(After, RecordCall.Delete, partition, record);
    }

    private async ValueTask CallAsync(Func<RecordCall, string, string, ValueTask>? hook, RecordCall call, string partition, string record)
    {
        if (hook is not null)
        {
            await hook(call, partition, record);
        }

        if (IsCrashed)
        {
            throw new StorageException("The record store is down.");
        }
    }
}
