using System.Diagnostics.Metrics;
using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Postgres.Erasing;
using Granary.Storage.Postgres.Reading;
using Granary.Storage.Postgres.Schema;
using Granary.Storage.Postgres.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Granary.Storage.Postgres;

/// <summary>
/// Partitions in a PostgreSQL database that any number of processes share: commits of all callers are grouped into few durable statements,
/// each commit is checked against its partition's version under the lock of its row, reads run on connections of their own.
/// </summary>
/// <remarks>
/// An erasure hides the documents in one short write and deletes them beside the writers, part by part; it is answered when they are gone. What one leaves
/// that is broken off is deleted by the next that opens the store, by a repetition and by every purge.
/// A lost connection or server fails the calls in flight; later ones connect again. Nothing whose outcome is unknown is repeated.
/// What is erased is gone for every query; its bytes leave the server's files when PostgreSQL vacuums the tables and recycles its log.
/// </remarks>
public sealed partial class PostgresPartitionStore : IPartitionStore, IAsyncDisposable, IDisposable
{
    private readonly PostgresStoreInstruments _instruments;
    private readonly NpgsqlDataSource _readSource;
    private readonly NpgsqlDataSource _writeSource;
    private readonly NpgsqlDataSource _sweepSource;
    private readonly LeftoverSweeper _sweeper;
    private readonly PartitionReader _reader;
    private readonly GroupWriter[] _writers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _database;
    private readonly Lazy<Task> _close;

    /// <summary>Opens the store: connects, and makes or migrates the schema if needed, waiting for other processes that do so.</summary>
    /// <param name="options">Where the data is; not changed afterwards.</param>
    /// <param name="timeProvider">The clock of tombstones; the system's if null.</param>
    /// <param name="logger">Tells of the start, of a server that fails and of one that works again.</param>
    /// <param name="meterFactory">Makes the meter <c>Granary.Storage.Postgres</c>; one of its own if null.</param>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and the fix.</exception>
    /// <exception cref="StoreOpenException">The server cannot be reached or refuses, a right is missing, or the data is newer than this program or not a store's.</exception>
    public PostgresPartitionStore(
        PostgresStoreOptions options,
        TimeProvider? timeProvider = null,
        ILogger<PostgresPartitionStore>? logger = null,
        IMeterFactory? meterFactory = null)
        : this(options, timeProvider, logger, meterFactory, new PostgresStoreHooks())
    {
    }

    internal PostgresPartitionStore(
        PostgresStoreOptions options, TimeProvider? timeProvider, ILogger<PostgresPartitionStore>? logger, IMeterFactory? meterFactory, PostgresStoreHooks hooks)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<PostgresPartitionStore>.Instance;
        (_readSource, _writeSource, _sweepSource) = (Sources.ForReading(options), Sources.ForWriting(options), Sources.ForSweeping(options));
        try
        {
            _database = Open(options);
        }
        catch
        {
            _readSource.Dispose();
            _writeSource.Dispose();
            _sweepSource.Dispose();
            throw;
        }

        _instruments = new PostgresStoreInstruments(meterFactory);
        _reader = new PartitionReader(_readSource, options.Schema, options.MaxReaders, _instruments);
        var numbers = new NumberSource(options.Schema);
        var health = new WriteHealth(_database, _time, _logger);
        _writers = new GroupWriter[options.Writers];
        for (var i = 0; i < _writers.Length; i++)
        {
            _writers[i] = new GroupWriter(_writeSource, options, numbers, _time, _instruments, hooks, health);
        }

        _sweeper = new LeftoverSweeper(_sweepSource, options.Schema, _instruments, hooks, _logger);
        _sweeper.StartAll();
        _close = new Lazy<Task>(CloseAsync);
    }

    /// <summary>What the store measures; for tests, which listen to one store among several.</summary>
    internal PostgresStoreInstruments Instruments => _instruments;

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        var bytes = StorageGuard.CheckCommit(commit);
        return WriteAsync(new PendingWrite(WriteAction.Commit, commit.Partition, commit, bytes), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckRange(range);
        return _reader.RangeAsync(partition, range, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckDocuments(ids);
        return _reader.DocumentsAsync(partition, ids, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DuePartition>> DueAsync(
        int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckDue(shard, max);
        return await _reader.DueAsync(shard, until, max, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        var erasure = new PendingWrite(WriteAction.Erase, partition, null, 0) { Expected = expected };
        if ((await WriteAsync(erasure, cancellationToken).ConfigureAwait(false)).Status is not CommitStatus.Committed)
        {
            return false;
        }

        await _sweeper.SweepAsync(partition).WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        await _sweeper.SweepAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(new PendingWrite(WriteAction.Purge, partition, null, 0), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default)
    {
        var started = _time.GetTimestamp();
        var readError = await ErrorOfAsync(_reader.DueAsync(0, DateTimeOffset.MinValue, 1, cancellationToken)).ConfigureAwait(false);
        var writeError = await ErrorOfAsync(WriteAsync(new PendingWrite(WriteAction.Probe, string.Empty, null, 0), cancellationToken)).ConfigureAwait(false);
        return new StoreHealth(readError is null, writeError is null, _time.GetElapsedTime(started), writeError ?? readError);
    }

    /// <summary>Finishes the queued commits and closes the connections. An erasure that is not through fails; the next that opens the store ends it.</summary>
    public async ValueTask DisposeAsync() => await _close.Value.ConfigureAwait(false);

    /// <summary>As <see cref="DisposeAsync"/>, for hosts that can only wait.</summary>
    public void Dispose() => _close.Value.GetAwaiter().GetResult();

    private ValueTask<CommitResult> WriteAsync(PendingWrite write, CancellationToken cancellationToken) =>
        _writers[PartitionShard.Of(write.Partition) % _writers.Length].WriteAsync(write, cancellationToken);

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

    private string Open(PostgresStoreOptions options)
    {
        try
        {
            using var connection = _writeSource.OpenConnection();
            var found = SchemaOpener.Prepare(connection, options.Schema);
            if (found != Migrations.Version)
            {
                LogMigrated(options.Schema, connection.Database, found, Migrations.Version);
            }

            if (!SchemaOpener.Syncs(connection))
            {
                LogNoSync(connection.Database);
            }

            LogOpened(connection.Database, options.Schema, Migrations.Version, connection.PostgreSqlVersion.ToString());
            return connection.Database;
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            throw new StoreOpenException($"The database of Granary:Postgres:ConnectionString cannot be opened. {ServerErrors.Describe(e)}", e);
        }
    }

    private async Task CloseAsync()
    {
        // First: an erasure that goes on while the writers end would keep them all waiting.
        _sweeper.Close();
        await Task.WhenAll(_writers.Select(writer => writer.StopAsync())).ConfigureAwait(false);
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
        await _sweepSource.DisposeAsync().ConfigureAwait(false);
        await _writeSource.DisposeAsync().ConfigureAwait(false);
        await _readSource.DisposeAsync().ConfigureAwait(false);
        _instruments.Dispose();
        LogClosed(_database);
    }
}
