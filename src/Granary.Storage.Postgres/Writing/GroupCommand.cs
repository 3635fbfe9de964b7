using System.Data;
using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Postgres.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Storage.Postgres.Writing;

/// <summary>The prepared call of <c>write_group</c> on one connection: fills its arrays from commits and reads their results.</summary>
internal sealed class GroupCommand : IAsyncDisposable
{
    private const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
    private const NpgsqlDbType Numbers = NpgsqlDbType.Array | NpgsqlDbType.Bigint;
    private const NpgsqlDbType Places = NpgsqlDbType.Array | NpgsqlDbType.Integer;
    private const NpgsqlDbType Bodies = NpgsqlDbType.Array | NpgsqlDbType.Bytea;

    private readonly NpgsqlCommand _command;
    private readonly NpgsqlParameter<string[]> _ids = new() { NpgsqlDbType = Texts };
    private readonly NpgsqlParameter<long[]> _expected = new() { NpgsqlDbType = Numbers };
    private readonly NpgsqlParameter<bool[]> _recreate = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean };
    private readonly NpgsqlParameter<long?[]> _due = new() { NpgsqlDbType = Numbers };
    private readonly NpgsqlParameter<short[]> _shards = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };
    private readonly NpgsqlParameter<long> _first = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly Documents _inserts = new();
    private readonly Documents _puts = new();
    private readonly Documents _deletes = new();

    private GroupCommand(NpgsqlConnection connection, string schema)
    {
        _command = new NpgsqlCommand(
            $"SELECT {SchemaOpener.Quote(schema)}.write_group($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", connection);
        NpgsqlParameter[] parameters =
        [
            _ids, _expected, _recreate, _due, _shards, _first, _inserts.Of, _inserts.Ids, _inserts.Contents, _puts.Of, _puts.Ids, _puts.Contents,
            _deletes.Of, _deletes.Ids,
        ];
        _command.Parameters.AddRange(parameters);
    }

    public static async ValueTask<GroupCommand> PrepareAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var command = new GroupCommand(connection, schema);
        await command._command.PrepareAsync(cancellationToken).ConfigureAwait(false);
        return command;
    }

    /// <summary>Writes a group; returns after it is durable.</summary>
    /// <param name="group">Commits of different partitions; sorted by their ids when this returns.</param>
    /// <param name="first">The version of the first of them; the others follow.</param>
    /// <param name="results">Receives the results in the order of <paramref name="group"/>.</param>
    public async Task ExecuteAsync(List<PendingWrite> group, long first, List<CommitResult> results)
    {
        group.Sort(static (a, b) => string.CompareOrdinal(a.Partition, b.Partition));
        Fill(group, first);
        var reader = await _command.ExecuteReaderAsync(CommandBehavior.Default).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.ReadAsync().ConfigureAwait(false);
            var states = await reader.GetFieldValueAsync<short[]>(0).ConfigureAwait(false);

            // The row comes before the server has committed; only the end of the answer says that it has.
            while (await reader.NextResultAsync().ConfigureAwait(false))
            {
            }

            for (var i = 0; i < states.Length; i++)
            {
                // 4 and 5 are commits that made their partition.
                results.Add(states[i] is 0 or 4 or 5
                    ? new CommitResult(CommitStatus.Committed, new PartitionVersion(first + i))
                    : new CommitResult((CommitStatus)states[i], PartitionVersion.None));
            }
        }
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();

    private void Fill(List<PendingWrite> group, long first)
    {
        var count = group.Count;
        var (ids, expected, recreate) = (new string[count], new long[count], new bool[count]);
        var (due, shards) = (new long?[count], new short[count]);
        for (var i = 0; i < count; i++)
        {
            var commit = group[i].Commit!;
            ids[i] = commit.Partition;
            expected[i] = commit.Expected.Value;
            recreate[i] = commit.Recreate;
            due[i] = commit.DueAt?.UtcTicks;
            shards[i] = (short)PartitionShard.Of(commit.Partition);
            for (var w = 0; w < commit.Writes.Count; w++)
            {
                var write = commit.Writes[w];
                var documents = write.Kind switch { WriteKind.Insert => _inserts, WriteKind.Put => _puts, _ => _deletes };
                documents.Add(i + 1, write);
            }
        }

        (_ids.TypedValue, _expected.TypedValue, _recreate.TypedValue, _due.TypedValue, _shards.TypedValue, _first.TypedValue) =
            (ids, expected, recreate, due, shards, first);
        _inserts.Fill();
        _puts.Fill();
        _deletes.Fill();
    }

    /// <summary>Writes of one kind: of which commit (from 1), which document, what content.</summary>
    private sealed class Documents
    {
        private readonly List<int> _of = [];
        private readonly List<string> _ids = [];
        private readonly List<ReadOnlyMemory<byte>> _contents = [];

        public NpgsqlParameter<int[]> Of { get; } = new() { NpgsqlDbType = Places };

        public NpgsqlParameter<string[]> Ids { get; } = new() { NpgsqlDbType = Texts };

        public NpgsqlParameter<ReadOnlyMemory<byte>[]> Contents { get; } = new() { NpgsqlDbType = Bodies };

        public void Add(int of, DocumentWrite write)
        {
            _of.Add(of);
            _ids.Add(write.Id);
            _contents.Add(write.Body);
        }

        public void Fill()
        {
            (Of.TypedValue, Ids.TypedValue, Contents.TypedValue) = ([.. _of], [.. _ids], [.. _contents]);
            _of.Clear();
            _ids.Clear();
            _contents.Clear();
        }
    }
}
