using System.Globalization;
using System.Runtime.CompilerServices;
using Granary.Core.Recall.Filtering;
using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>Finds a user's memories by their words, by pieces of text and, where there are vectors, by meaning, and fuses what each finds.</summary>
internal sealed class HybridRecall
{
    /// <summary>Places that each list goes down at the least, so that what is good in several lists meets.</summary>
    private const int LeastDepth = 50;

    /// <summary>Characters of a query up to which it is also looked for as it stands.</summary>
    private const int MaxPiece = 256;

    /// <summary>How much the whole query found as it stands counts beside its words found in any order.</summary>
    private const double PieceWeight = 0.5;

    /// <summary>Entries of the index of vectors that are looked at for one recall at the most; what is missing after that is compared one by one.</summary>
    private const int MaxScanned = 20_000;

    private readonly PostgresProviderOptions _options;
    private readonly OpenedSchema _opened;
    private readonly string _words;
    private readonly string _pieces;
    private readonly string _memories;
    private readonly string _count;
    private readonly string _exact;
    private readonly string _scan;

    /// <param name="options">The provider's options.</param>
    /// <param name="opened">What the database offers.</param>
    /// <param name="model">The key of the model and the length of its vectors, or null where there is none.</param>
    public HybridRecall(PostgresProviderOptions options, OpenedSchema opened, (string Key, int Dimensions)? model)
    {
        (_options, _opened) = (options, opened);
        var s = $"\"{options.Schema}\"";
        var v = opened.VectorSchema;
        _memories = $"{s}.memories m";

        // Words that the stemmer drops because everybody uses them are not looked for, unless the query has no others. Both analyses count the same
        // places, by which the words as they are written are matched to those that the stemmer kept. Any word will do; rank says how many fit.
        _words =
            $$"""
            WITH stems AS (SELECT lexeme, positions FROM unnest(to_tsvector('pg_catalog.english', {q})))
            , places AS (SELECT array_agg(place) AS kept FROM stems, unnest(positions) AS place)
            , terms AS (
                SELECT lexeme FROM stems
                UNION SELECT w.lexeme FROM unnest(to_tsvector('pg_catalog.simple', {q})) AS w, places WHERE kept IS NULL OR w.positions && kept)
            , asked AS MATERIALIZED (
                SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery AS query FROM terms)
            SELECT m.id FROM {{_memories}}, asked
            WHERE {where} AND m.words @@ asked.query
            ORDER BY ts_rank(m.words, asked.query, 1) DESC, m.number DESC LIMIT {limit}
            """;
        _pieces = $$"""SELECT m.id FROM {{_memories}} WHERE {where} AND m.content ILIKE {q} ORDER BY m.number DESC LIMIT {limit}""";
        if (model is null)
        {
            (_count, _exact, _scan) = ("", "", "");
            return;
        }

        var (key, dimensions) = model.Value;
        var from = $"{s}.embeddings e JOIN {_memories} ON m.tenant = e.tenant AND m.user_id = e.user_id AND m.id = e.id";
        var mine = $"e.tenant = $1 AND e.user_id = $2 AND e.model = '{key}'";
        var distance = $"OPERATOR({v}.<=>)";
        _count = $"SELECT count(*) FROM (SELECT FROM {s}.embeddings e WHERE {mine} LIMIT {options.ExactVectors + 1}) AS counted";

        // Without the cast that the index is made over: this order cannot be taken from it.
        _exact =
            $$"""
            SELECT e.id, e.embedding {{distance}} {q}::real[]::{{v}}.vector AS distance FROM {{from}} WHERE {where} AND {{mine}} ORDER BY distance LIMIT {limit}
            """;
        var indexed = $"(e.embedding::{v}.vector({dimensions}))";
        _scan =
            $$"""
            SELECT id, distance FROM (
                SELECT e.id, {{indexed}} {{distance}} {q}::real[]::{{v}}.vector({{dimensions}}) AS distance
                FROM {{from}} WHERE {where} AND {{mine}} ORDER BY {{indexed}} {{distance}} {q}::real[]::{{v}}.vector({{dimensions}}) LIMIT {limit}) AS near
            ORDER BY distance
            """;
    }

    /// <summary>Finds the best.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="user">Whose.</param>
    /// <param name="query">The query, checked.</param>
    /// <param name="filter">Its filter.</param>
    /// <param name="vector">The vector of the query, or null to do without.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<ProviderMemory>> FindAsync(
        NpgsqlConnection connection, UserKey user, ProviderQuery query, MemoryFilterEvaluator filter, float[]? vector, CancellationToken cancellationToken)
    {
        var conditions = MemoryConditions.Of(user, query.Filter);
        if (filter.NeedsMetadata)
        {
            var ids = await PassingAsync(connection, conditions, filter, cancellationToken).ConfigureAwait(false);
            if (ids.Length == 0)
            {
                return [];
            }

            conditions = conditions.AndIds(ids);
        }

        var depth = Math.Max(query.Limit, LeastDepth);
        var lists = new List<(IReadOnlyList<string> Ids, double Weight)>();
        if (vector is not null)
        {
            lists.Add((await NearAsync(connection, conditions, vector, depth, cancellationToken).ConfigureAwait(false), 1));
        }

        foreach (var list in await TextAsync(connection, conditions, query.Query, depth, cancellationToken).ConfigureAwait(false))
        {
            lists.Add(list);
        }

        var found = RankFusion.Fuse(lists, query.Limit);
        return found.Count == 0 ? [] : await ReadAsync(connection, user, found, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The ids of the memories whose metadata pass. They are asked one by one, by the only code that says what a filter means: in SQL some comparisons
    /// (times, numbers, case) would mean something else.
    /// </summary>
    private async Task<string[]> PassingAsync(
        NpgsqlConnection connection, MemoryConditions conditions, MemoryFilterEvaluator filter, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var row in RowsAsync(connection, cancellationToken, conditions.Command($"SELECT m.id, m.metadata::text FROM {_memories} WHERE {conditions.Sql}")).ConfigureAwait(false))
        {
            if (filter.AdmitsMetadata(MemoryRows.MetadataOf(row, 1)))
            {
                ids.Add(row.GetString(0));
            }
        }

        return [.. ids];
    }

    private async Task<IReadOnlyList<(IReadOnlyList<string> Ids, double Weight)>> TextAsync(
        NpgsqlConnection connection, MemoryConditions conditions, string query, int depth, CancellationToken cancellationToken)
    {
        var piece = query.Trim();
        var words = await IdsAsync(connection, cancellationToken, Command(_words, conditions, MemoryRows.Text(query), depth)).ConfigureAwait(false);
        if (piece.Length > MaxPiece)
        {
            return [(words, 1)];
        }

        var pattern = $"%{piece.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
        var pieces = await IdsAsync(connection, cancellationToken, Command(_pieces, conditions, MemoryRows.Text(pattern), depth)).ConfigureAwait(false);
        return [(words, 1), (pieces, PieceWeight)];
    }

    /// <summary>
    /// The nearest of those that meet the conditions. An index of all users' vectors, asked for the nearest, may give only other users': few vectors are
    /// therefore compared one by one, for many the scan goes on until enough have passed, and where that was not enough they are compared one by one too.
    /// </summary>
    private async Task<IReadOnlyList<string>> NearAsync(
        NpgsqlConnection connection, MemoryConditions conditions, float[] vector, int depth, CancellationToken cancellationToken)
    {
        if (_opened.Iterates)
        {
            var count = 0L;
            await foreach (var row in RowsAsync(connection, cancellationToken, conditions.UserCommand(_count)).ConfigureAwait(false))
            {
                count = row.GetInt64(0);
            }

            if (count > _options.ExactVectors)
            {
                // Settings of the transaction, which is that of the batch.
                var settings = new NpgsqlBatchCommand(
                    $"SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.max_scan_tuples', '{MaxScanned}', true)");
                var scanned = await NearAsync(connection, cancellationToken, settings, Command(_scan, conditions, MemoryRows.Vector(vector), depth)).ConfigureAwait(false);
                if (scanned.Count == depth)
                {
                    return OfLikeMeaning(scanned);
                }
            }
        }

        return OfLikeMeaning(await NearAsync(connection, cancellationToken, Command(_exact, conditions, MemoryRows.Vector(vector), depth)).ConfigureAwait(false));
    }

    /// <summary>Something is always the nearest; at a right angle or beyond (a cosine of 0 or less) it has nothing to do with what is asked.</summary>
    private static IReadOnlyList<string> OfLikeMeaning(IEnumerable<(string Id, double Distance)> near) => [.. near.TakeWhile(hit => hit.Distance < 1).Select(hit => hit.Id)];

    private async Task<IReadOnlyList<ProviderMemory>> ReadAsync(
        NpgsqlConnection connection, UserKey user, IReadOnlyList<(string Id, double Score)> found, CancellationToken cancellationToken)
    {
        var conditions = MemoryConditions.Of(user, new MemoryFilter()).AndIds([.. found.Select(hit => hit.Id)]);
        var memories = new Dictionary<string, ProviderMemory>(StringComparer.Ordinal);
        await foreach (var row in RowsAsync(connection, cancellationToken, conditions.Command($"SELECT {MemoryRows.Columns} FROM {_memories} WHERE {conditions.Sql}")).ConfigureAwait(false))
        {
            var memory = MemoryRows.Read(row, user.User, _options.Name);
            memories[memory.Id] = memory;
        }

        // One that was deleted in this moment is left out.
        return [.. found.Where(hit => memories.ContainsKey(hit.Id)).Select(hit => memories[hit.Id] with { SimilarityScore = hit.Score })];
    }

    private static NpgsqlBatchCommand Command(string template, MemoryConditions conditions, NpgsqlParameter asked, int limit) => conditions.Command(
        template
            .Replace("{where}", conditions.Sql, StringComparison.Ordinal)
            .Replace("{q}", $"${conditions.NextParameter}", StringComparison.Ordinal)
            .Replace("{limit}", limit.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
        asked);

    private static async Task<IReadOnlyList<string>> IdsAsync(NpgsqlConnection connection, CancellationToken cancellationToken, params NpgsqlBatchCommand[] commands)
    {
        var ids = new List<string>();
        await foreach (var row in RowsAsync(connection, cancellationToken, commands).ConfigureAwait(false))
        {
            ids.Add(row.GetString(0));
        }

        return ids;
    }

    private static async Task<IReadOnlyList<(string Id, double Distance)>> NearAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken, params NpgsqlBatchCommand[] commands)
    {
        var near = new List<(string Id, double Distance)>();
        await foreach (var row in RowsAsync(connection, cancellationToken, commands).ConfigureAwait(false))
        {
            near.Add((row.GetString(0), row.GetDouble(1)));
        }

        return near;
    }

    /// <summary>The rows of the last of the statements.</summary>
    private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        NpgsqlConnection connection, [EnumeratorCancellation] CancellationToken cancellationToken, params NpgsqlBatchCommand[] commands)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                for (var passed = 1; passed < commands.Length; passed++)
                {
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }

                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return reader;
                }
            }
        }
    }
}
