using System.Collections.Concurrent;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Reading;

/// <summary>
/// A bounded number of connections that read. A read runs on its caller's thread: a page that the system has cached takes less time than
/// the way to another thread, and the bound keeps slow disks from holding more threads than there are connections.
/// </summary>
internal sealed class ReaderPool(string path, int size, SqliteStoreInstruments instruments) : IAsyncDisposable
{
    private readonly ConcurrentBag<PartitionReader> _idle = [];
    private readonly SemaphoreSlim _permits = new(size);
    private volatile bool _closed;

    /// <summary>Runs a read on a connection, waiting for one.</summary>
    /// <exception cref="StorageException">The read failed.</exception>
    /// <exception cref="ObjectDisposedException">The pool is closed.</exception>
    public async ValueTask<T> ReadAsync<TArguments, T>(
        TArguments arguments, Func<PartitionReader, TArguments, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(SqlitePartitionStore));
        await _permits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqlitePartitionStore));
            return Read(arguments, read);
        }
        finally
        {
            _permits.Release();
        }
    }

    /// <summary>Refuses further reads, waits for those that run and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var i = 0; i < size; i++)
        {
            await _permits.WaitAsync().ConfigureAwait(false);
        }

        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }

        // Reads that still waited get through to find the pool closed.
        _permits.Release(size);
    }

    private T Read<TArguments, T>(TArguments arguments, Func<PartitionReader, TArguments, T> read)
    {
        PartitionReader? reader = null;
        try
        {
            reader = _idle.TryTake(out var idle) ? idle : PartitionReader.Open(path);
            var result = read(reader, arguments);
            _idle.Add(reader);
            return result;
        }
        catch (Exception e)
        {
            // Its transaction may be open: the next read gets a new connection.
            reader?.Dispose();
            if (e is not SqliteFailure failure)
            {
                throw;
            }

            instruments.Failed("read");
            throw new StorageException(failure.Advice, failure);
        }
    }
}
