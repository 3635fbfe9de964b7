using Granary.Core.Storage;
using Granary.Storage.Postgres.Schema;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Granary.Storage.Postgres.Erasing;

/// <summary>
/// Deletes the documents that erasures left under dead numbers, in short transactions on a connection of its own. Erasures that run at the same time
/// take turns, part by part, so that a small one does not wait for a large one.
/// </summary>
internal sealed partial class LeftoverSweeper(
    NpgsqlDataSource source, string schema, PostgresStoreInstruments instruments, PostgresStoreHooks hooks, ILogger logger) : IAsyncDisposable
{
    /// <summary>Documents that one transaction deletes at the most: at their largest, less than a second's work.</summary>
    public const int PartDocuments = 256;

    private readonly string _ofPartition = $"SELECT number FROM {SchemaOpener.Quote(schema)}.leftovers WHERE partition = $1 ORDER BY number";
    private readonly string _all = $"SELECT number FROM {SchemaOpener.Quote(schema)}.leftovers ORDER BY number";
    private readonly string _part = $"SELECT {SchemaOpener.Quote(schema)}.sweep_leftover($1, $2, {PartDocuments})";
    private readonly SemaphoreSlim _turn = new(1);
    private Task _atStart = Task.CompletedTask;
    private volatile bool _closed;

    /// <summary>Begins to delete what others left; nobody waits for it but <see cref="DisposeAsync"/>.</summary>
    public void StartAll() => _atStart = Task.Run(async () =>
    {
        try
        {
            await SweepAllAsync().ConfigureAwait(false);
        }
        catch (StorageException e) when (!_closed)
        {
            LogNotSwept(logger, e.Message, e);
        }
        catch (StorageException)
        {
            // Closed before it was through: there will be another start.
        }
    });

    /// <summary>Deletes what erasures of a partition left; returns when it is gone.</summary>
    /// <exception cref="StorageException">The server failed or the store was closed; some may be left.</exception>
    public Task SweepAsync(string partition) => SweepListedAsync(_ofPartition, partition);

    /// <summary>Deletes what any erasure left.</summary>
    /// <exception cref="StorageException">The server failed or the store was closed; some may be left.</exception>
    public Task SweepAllAsync() => SweepListedAsync(_all);

    /// <summary>Begins no part any more.</summary>
    public void Close() => _closed = true;

    /// <summary>Ends after the part that is being deleted.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await _atStart.ConfigureAwait(false);

        // Those whose turn comes later find it closed before they touch the connection.
        await _turn.WaitAsync().ConfigureAwait(false);
        _turn.Release();
    }

    private async Task SweepListedAsync(string list, params object[] values)
    {
        try
        {
            foreach (var number in await TakeTurnAsync(list, values, ReadNumbersAsync).ConfigureAwait(false))
            {
                await SweepNumberAsync(number).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            instruments.Failed("sweep");
            throw new StorageException(ServerErrors.Describe(e), e);
        }
    }

    private async Task SweepNumberAsync(long number)
    {
        var after = string.Empty;
        while (after is not null)
        {
            if (hooks.BeforeSweep is { } hook)
            {
                await hook().ConfigureAwait(false);
            }

            after = await TakeTurnAsync(_part, [number, after], ReadNextAsync).ConfigureAwait(false);
        }
    }

    private async Task<T> TakeTurnAsync<T>(string sql, object[] values, Func<NpgsqlDataReader, Task<T>> read)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_closed)
            {
                throw new StorageException("The store was closed before all documents of what was erased were deleted; its next start deletes them.");
            }

            return await ExecuteAsync(sql, values, read).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (ServerErrors.IsLost(e))
        {
            // The connection may have died while it lay idle. What is deleted twice is deleted, so it is tried once on a new one.
            source.Clear();
            return await ExecuteAsync(sql, values, read).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<T> ExecuteAsync<T>(string sql, object[] values, Func<NpgsqlDataReader, Task<T>> read)
    {
        var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                foreach (var value in values)
                {
                    command.Parameters.Add(new NpgsqlParameter { Value = value });
                }

                var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await read(reader).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task<List<long>> ReadNumbersAsync(NpgsqlDataReader reader)
    {
        var numbers = new List<long>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            numbers.Add(reader.GetInt64(0));
        }

        return numbers;
    }

    private static async Task<string?> ReadNextAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync().ConfigureAwait(false);
        var next = await reader.IsDBNullAsync(0).ConfigureAwait(false) ? null : reader.GetString(0);

        // The row comes before the server has committed; only the end of the answer says that it has.
        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
        }

        return next;
    }
}
