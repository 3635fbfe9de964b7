using Granary.Core.Storage;
using Granary.Storage.Postgres.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Storage.Postgres.Reading;

/// <summary>Reads, each in one statement: a statement sees one moment, so a page's version and its documents belong together.</summary>
internal sealed class PartitionReader(NpgsqlDataSource source, string schema, int size, PostgresStoreInstruments instruments) : IAsyncDisposable
{
    // The running sum of bytes decides on the server where the page ends; the document after it comes without its body, as the next page's start.
    private readonly string _range =
        $"""
        SELECT p.version, p.erased_at IS NOT NULL, d.id,
            CASE WHEN d.place = 1 OR (d.place <= $5 AND d.total <= {StorageLimits.PageBytes}) THEN d.body END
        FROM {SchemaOpener.Quote(schema)}.partitions p
        LEFT JOIN LATERAL (
            SELECT id, body, place, total, sized.bytes
            FROM (
                SELECT id, body, bytes, row_number() OVER (ORDER BY id) AS place, sum(bytes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS total
                FROM (
                    SELECT id, body, length(id) + octet_length(body) AS bytes
                    FROM {SchemaOpener.Quote(schema)}.documents
                    WHERE partition = p.number AND id < $3 AND id >= coalesce(
                        (SELECT max(id) FROM {SchemaOpener.Quote(schema)}.documents WHERE partition = p.number AND id >= $4 AND id <= $2), $2)
                    ORDER BY id LIMIT $5 + 1) AS listed) AS sized
            WHERE place <= 2 OR total - sized.bytes <= {StorageLimits.PageBytes}) AS d ON true
        WHERE p.id = $1
        ORDER BY d.id
        """;

    private readonly string _named =
        $"""
        SELECT p.version, p.erased_at IS NOT NULL, d.id, d.body
        FROM {SchemaOpener.Quote(schema)}.partitions p
        LEFT JOIN {SchemaOpener.Quote(schema)}.documents d ON d.partition = p.number AND d.id = ANY($2)
        WHERE p.id = $1
        ORDER BY d.id
        """;

    private readonly string _due =
        $"""
        SELECT id, due_at, erased_at IS NOT NULL FROM {SchemaOpener.Quote(schema)}.partitions
        WHERE shard = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3
        """;

    private readonly SemaphoreSlim _permits = new(size);
    private volatile bool _closed;

    /// <summary>Reads a page of a range.</summary>
    public ValueTask<PartitionPage> RangeAsync(string partition, DocumentRange range, CancellationToken cancellationToken) =>
        RunAsync(
            _range,
            [
                Text(partition), Text(range.From), Text(range.To),
                new() { Value = (object?)range.Floor ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter<int> { TypedValue = range.Limit },
            ],
            ReadPageAsync,
            cancellationToken);

    /// <summary>Reads documents by their ids.</summary>
    public ValueTask<PartitionPage> DocumentsAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        RunAsync(_named, [Text(partition), new NpgsqlParameter<string[]> { TypedValue = [.. ids] }], ReadPageAsync, cancellationToken);

    /// <summary>Reads what is due.</summary>
    public ValueTask<List<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken) =>
        RunAsync(
            _due,
            [
                new NpgsqlParameter<short> { TypedValue = (short)shard },
                new NpgsqlParameter<long> { TypedValue = until.UtcTicks },
                new NpgsqlParameter<int> { TypedValue = max },
            ],
            ReadDueAsync,
            cancellationToken);

    /// <summary>Refuses further reads and waits for those that run.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var i = 0; i < size; i++)
        {
            await _permits.WaitAsync().ConfigureAwait(false);
        }

        // Reads that still waited get through to find the store closed.
        _permits.Release(size);
    }

    private async ValueTask<T> RunAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(PostgresPartitionStore));
        await _permits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(PostgresPartitionStore));
            try
            {
                return await OnceAsync(sql, parameters, read, cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (ServerErrors.IsLost(e))
            {
                // The pool may hold more connections of a server that is gone. A read changes nothing, so it is tried once on a new one.
                source.Clear();
                return await OnceAsync(sql, [.. parameters.Select(p => p.Clone())], read, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            instruments.Failed("read");
            throw new StorageException(ServerErrors.Describe(e), e);
        }
        finally
        {
            _permits.Release();
        }
    }

    private async Task<T> OnceAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.AddRange(parameters);
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await read(reader, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task<PartitionPage> ReadPageAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return PartitionPage.Missing;
        }

        if (reader.GetBoolean(1))
        {
            return new PartitionPage(PartitionVersion.None, true, [], null);
        }

        var version = new PartitionVersion(reader.GetInt64(0));
        var documents = new List<Document>();
        string? next = null;
        do
        {
            if (reader.IsDBNull(2))
            {
                break;
            }

            var id = reader.GetString(2);
            if (reader.IsDBNull(3))
            {
                next = id;
                break;
            }

            documents.Add(new Document(id, reader.GetFieldValue<byte[]>(3)));
        }
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false));

        return new PartitionPage(version, false, documents, next);
    }

    private static async Task<List<DuePartition>> ReadDueAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var due = new List<DuePartition>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            due.Add(new DuePartition(reader.GetString(0), new DateTimeOffset(reader.GetInt64(1), TimeSpan.Zero), reader.GetBoolean(2)));
        }

        return due;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };
}
