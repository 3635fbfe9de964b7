using System.Diagnostics;
using Granary.Core.Storage;
using Granary.Storage.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Orleans.Benchmarks;

/// <summary>
/// The reference for durable writes to PostgreSQL: bare loops, as many as the store has writers, that write given rows into the store's tables,
/// in transactions of a given number of commits and two prepared statements each. Nothing is checked, grouped, answered or waited for.
/// </summary>
internal sealed class RawPostgres : IAsyncDisposable
{
    private static readonly int Loops = new PostgresStoreOptions().Writers;

    private readonly NpgsqlDataSource _source;
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private long _version = 1_000_000;

    private RawPostgres(NpgsqlDataSource source) => _source = source;

    public static async Task<RawPostgres> OpenAsync(string connection)
    {
        // The store makes its tables.
        await new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = connection }).DisposeAsync();
        return new RawPostgres(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { WriteBufferSize = 64 * 1024 }));
    }

    /// <summary>Commits per second.</summary>
    public async Task<double> RunAsync(IReadOnlyList<PartitionCommit> prepare, IReadOnlyList<PartitionCommit> commits, IReadOnlyList<int> groups)
    {
        await using (var connection = await _source.OpenConnectionAsync())
        await using (var add = new NpgsqlCommand("INSERT INTO granary.partitions(id, number, version, shard) SELECT $1, $2, 0, 0", connection))
        {
            foreach (var commit in prepare.Concat(commits).Where(c => _numbers.TryAdd(c.Partition, _numbers.Count + 1)))
            {
                add.Parameters.Clear();
                add.Parameters.Add(new NpgsqlParameter<string> { TypedValue = commit.Partition });
                add.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _numbers[commit.Partition] });
                await add.ExecuteNonQueryAsync();
            }
        }

        await WriteAsync(prepare.Chunk(64));

        // As in the store, a partition is always written by the same loop: two do not wait for each other's rows.
        var parts = Enumerable.Range(0, Loops).Select(i => Groups([.. commits.Where(c => _numbers[c.Partition] % Loops == i)], groups)).ToList();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(parts.Select(part => Task.Run(() => WriteAsync(part))));
        return commits.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static List<PartitionCommit[]> Groups(List<PartitionCommit> commits, IReadOnlyList<int> sizes)
    {
        var groups = new List<PartitionCommit[]>();
        var at = 0;
        for (var i = 0; at < commits.Count; i++)
        {
            var size = Math.Min(sizes[i % sizes.Count], commits.Count - at);
            groups.Add([.. commits.GetRange(at, size)]);
            at += size;
        }

        return groups;
    }

    private async Task WriteAsync(IEnumerable<PartitionCommit[]> groups)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        var (of, ids, bodies) = (Array<long>(NpgsqlDbType.Bigint), Array<string>(NpgsqlDbType.Text), Array<ReadOnlyMemory<byte>>(NpgsqlDbType.Bytea));
        var (partitions, versions) = (Array<string>(NpgsqlDbType.Text), Array<long>(NpgsqlDbType.Bigint));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "INSERT INTO granary.documents(partition, id, body) SELECT * FROM unnest($1, $2, $3) ON CONFLICT (partition, id) DO UPDATE SET body = excluded.body")
        {
            Parameters = { of, ids, bodies },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "UPDATE granary.partitions SET version = c.version FROM unnest($1, $2) AS c(id, version) WHERE partitions.id = c.id")
        {
            Parameters = { partitions, versions },
        });
        await batch.PrepareAsync();
        foreach (var group in groups)
        {
            // The last write of a document counts: one statement cannot write it twice.
            var documents = group.SelectMany(c => c.Writes.Select(w => (Number: _numbers[c.Partition], Write: w))).GroupBy(d => (d.Number, d.Write.Id)).Select(g => g.Last()).ToList();
            of.TypedValue = [.. documents.Select(d => d.Number)];
            ids.TypedValue = [.. documents.Select(d => d.Write.Id)];
            bodies.TypedValue = [.. documents.Select(d => d.Write.Body)];
            partitions.TypedValue = [.. group.Select(c => c.Partition).Distinct()];
            versions.TypedValue = [.. partitions.TypedValue.Select(_ => Interlocked.Increment(ref _version))];

            // Without a transaction around it a batch is one: it is durable when it returns.
            await batch.ExecuteNonQueryAsync();
        }
    }

    private static NpgsqlParameter<T[]> Array<T>(NpgsqlDbType type) => new() { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = [] };
}
