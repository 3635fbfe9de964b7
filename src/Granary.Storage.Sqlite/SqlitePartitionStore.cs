using System.Diagnostics.Metrics;
using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Sqlite.Interop;
using Granary.Storage.Sqlite.Reading;
using Granary.Storage.Sqlite.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Storage.Sqlite;

/// <summary>
/// Partitions in one SQLite database in a folder that this store holds for itself: write-ahead log, every commit synced before it is
/// acknowledged, commits of all callers grouped into one transaction by one writer thread, reads on connections of their own.
/// </summary>
/// <remarks>
/// Erased documents are overwritten in the database (<c>secure_delete</c>) before <see cref="DeleteAsync"/> returns; the copies in the log
/// go when the log is emptied, as soon as the writer is idle. A failing disk fails the writes that meet it; later ones try again, so writing
/// resumes without a restart.
/// </remarks>
public sealed partial class SqlitePartitionStore : IPartitionStore, IAsyncDisposable, IDisposable
{
    private readonly FolderLock _lock;
    private readonly SqliteStoreInstruments _instruments;
    private readonly ReaderPool _readers;
    private readonly GroupWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _folder;
    private readonly Lazy<Task> _close;

    /// <summary>Opens the store: makes the folder and the database if they are missing, and holds the folder until disposed.</summary>
    /// <param name="options">Where the data is; not changed afterwards.</param>
    /// <param name="timeProvider">The clock of tombstones; the system's if null.</param>
    /// <param name="logger">Tells of the start, of a disk that fails and of one that works again.</param>
    /// <param name="meterFactory">Makes the meter <c>Granary.Storage.Sqlite</c>; one of its own if null.</param>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and the fix.</exception>
    /// <exception cref="StoreInUseException">Another store has the folder open.</exception>
    /// <exception cref="StoreOpenException">The folder cannot be written, or its data is newer than this program or not a store's.</exception>
    public SqlitePartitionStore(
        SqliteStoreOptions options,
        TimeProvider? timeProvider = null,
        ILogger<SqlitePartitionStore>? logger = null,
        IMeterFactory? meterFactory = null)
        : this(options, timeProvider, logger, meterFactory, new SqliteStoreHooks())
    {
    }

    internal SqlitePartitionStore(
        SqliteStoreOptions options, TimeProvider? timeProvider, ILogger<SqlitePartitionStore>? logger, IMeterFactory? meterFactory, SqliteStoreHooks hooks)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _folder = Path.GetFullPath(options.Folder);
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<SqlitePartitionStore>.Instance;
        _lock = FolderLock.Take(_folder);
        _instruments = new SqliteStoreInstruments(meterFactory);
        try
        {
            var path = Path.Combine(_folder, SqliteSchema.FileName);
            PrepareDatabase(path);
            _readers = new ReaderPool(path, options.MaxReaders, _instruments);
            _writer = new GroupWriter(path, options, _time, _instruments, hooks, _logger);
        }
        catch (Exception e)
        {
            _instruments.Dispose();
            _lock.Dispose();
            if (e is SqliteFailure failure)
            {
                throw new StoreOpenException($"The database in '{_folder}' cannot be opened. {failure.Advice}", failure);
            }

            throw;
        }

        _close = new Lazy<Task>(CloseAsync);
        LogOpened(_folder, SqliteSchema.Version, Database.LibraryVersion);
    }

    /// <summary>What the store measures; for tests, which listen to one store among several.</summary>
    internal SqliteStoreInstruments Instruments => _instruments;

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        var bytes = StorageGuard.CheckCommit(commit);
        return _writer.WriteAsync(new PendingWrite(WriteAction.Commit, commit.Partition, commit, bytes), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckRange(range);
        return _readers.ReadAsync((partition, range), static (reader, a) => reader.Range(a.partition, a.range), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckDocuments(ids);
        return _readers.ReadAsync((partition, ids), static (reader, a) => reader.Documents(a.partition, a.ids), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DuePartition>> DueAsync(
        int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckDue(shard, max);
        return await _readers.ReadAsync((shard, until, max), static (reader, a) => reader.Due(a.shard, a.until, a.max), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        var erasure = new PendingWrite(WriteAction.Erase, partition, null, 0) { Expected = expected };
        return (await _writer.WriteAsync(erasure, cancellationToken).ConfigureAwait(false)).Status is CommitStatus.Committed;
    }

    /// <inheritdoc/>
    public async ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        await _writer.WriteAsync(new PendingWrite(WriteAction.Purge, partition, null, 0), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default)
    {
        var started = _time.GetTimestamp();
        var readError = await ErrorOfAsync(_readers.ReadAsync(0, static (reader, _) => reader.Due(0, DateTimeOffset.MinValue, 1), cancellationToken))
            .ConfigureAwait(false);
        var writeError = await ErrorOfAsync(_writer.WriteAsync(new PendingWrite(WriteAction.Probe, string.Empty, null, 0), cancellationToken))
            .ConfigureAwait(false);
        return new StoreHealth(readError is null, writeError is null, _time.GetElapsedTime(started), writeError ?? readError);
    }

    /// <summary>Finishes the queued commits, empties the log, closes the database and gives the folder free.</summary>
    public async ValueTask DisposeAsync() => await _close.Value.ConfigureAwait(false);

    /// <summary>As <see cref="DisposeAsync"/>, for hosts that can only wait.</summary>
    public void Dispose() => _close.Value.GetAwaiter().GetResult();

    private static async ValueTask<string?> ErrorOfAsync<T>(ValueTask<T> operation)
    {
        try
        {
            await operation.ConfigureAwait(false);
            return null;
        }
        catch (StorageException e)
        {
            return e.Message;
        }
        catch (ObjectDisposedException)
        {
            return "The store is closed.";
        }
    }

    private void PrepareDatabase(string path)
    {
        using var database = Database.Open(path, OpenMode.Create, TimeSpan.FromSeconds(5));
        SqliteSchema.Prepare(database, _folder);
    }

    private async Task CloseAsync()
    {
        await _writer.StopAsync().ConfigureAwait(false);
        await _readers.DisposeAsync().ConfigureAwait(false);

        // Last, because the last connection to close removes the log, and one that only reads could not.
        _writer.Dispose();
        _instruments.Dispose();
        _lock.Dispose();
        LogClosed(_folder);
    }
}
