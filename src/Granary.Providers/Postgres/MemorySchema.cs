using System.Security.Cryptography;
using System.Text;
using Granary.Core.Recall;
using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>What the database was found, or made, to offer.</summary>
/// <param name="VectorSchema">The quoted schema of the extension <c>vector</c>, or null where no vectors are kept.</param>
/// <param name="Indexed">Whether vectors have an index.</param>
/// <param name="Iterates">Whether a scan of the index goes on until it has enough rows that pass (pgvector 0.8).</param>
/// <param name="WhyNoVectors">Why no vectors are kept although there is an embedder, or null.</param>
internal sealed record OpenedSchema(string? VectorSchema, bool Indexed, bool Iterates, string? WhyNoVectors);

/// <summary>Makes the schema, or finds it; many processes may do so at once.</summary>
internal sealed class MemorySchema(string schema, IEmbedder? embedder)
{
    /// <summary>The version that this program reads and writes.</summary>
    public const int Version = 1;

    /// <summary>The most numbers of a vector that pgvector's index takes; longer ones are compared one by one.</summary>
    private const int MaxIndexed = 2_000;

    private const string NumberIndex = "memories_number";

    /// <summary>"GrMe": the first half of the advisory lock's key; the other is a hash of the schema.</summary>
    private const int LockClass = 0x47724D65;

    private static readonly Version Iterating = new(0, 8);

    private readonly string _s = $"\"{schema}\"";

    /// <summary>The index by which all memories are gone through in the order in which they came.</summary>
    private string IndexOfNumbers => $"CREATE UNIQUE INDEX IF NOT EXISTS {NumberIndex} ON {_s}.memories(number);";

    /// <summary>
    /// The model's key in the tables: what it is called and how long its vectors are, as a hash, which can stand in a statement whatever the name holds.
    /// A condition of an index must be written out to be met.
    /// </summary>
    public static string ModelKey(IEmbedder embedder) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{embedder.Dimensions}\n{embedder.Model}")).AsSpan(0, 8));

    /// <summary>Prepares the database.</summary>
    /// <exception cref="NpgsqlException">It cannot be reached, or refuses.</exception>
    /// <exception cref="UnavailableException">The tables are of a newer version.</exception>
    public async Task<OpenedSchema> OpenAsync(NpgsqlConnection connection, string provider, CancellationToken cancellationToken)
    {
        var (vectors, why) = embedder is null ? (null, null) : await ExtensionAsync(connection, "vector", cancellationToken).ConfigureAwait(false);
        if (!await IsPreparedAsync(connection, provider, vectors, cancellationToken).ConfigureAwait(false))
        {
            var (pieces, _) = await ExtensionAsync(connection, "pg_trgm", cancellationToken).ConfigureAwait(false);
            await PrepareAsync(connection, provider, vectors, pieces, cancellationToken).ConfigureAwait(false);
        }

        var indexed = vectors is not null && embedder!.Dimensions <= MaxIndexed;
        return new OpenedSchema(vectors?.Schema, indexed, indexed && vectors!.Version >= Iterating, why);
    }

    private async Task<bool> IsPreparedAsync(NpgsqlConnection connection, string provider, Extension? vectors, CancellationToken cancellationToken)
    {
        if (await FindVersionAsync(connection, provider, cancellationToken).ConfigureAwait(false) != Version)
        {
            return false;
        }

        return await ExistsAsync(connection, NumberIndex, cancellationToken).ConfigureAwait(false) && (vectors is null
            || (await ExistsAsync(connection, "models", cancellationToken).ConfigureAwait(false)
                && await ScalarAsync<bool>(
                    connection, $"SELECT EXISTS (SELECT FROM {_s}.models WHERE key = '{ModelKey(embedder!)}')", cancellationToken).ConfigureAwait(false)));
    }

    private async Task PrepareAsync(NpgsqlConnection connection, string provider, Extension? vectors, Extension? pieces, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockClass}, hashtext('{schema}'))", cancellationToken).ConfigureAwait(false);
            if (await FindVersionAsync(connection, provider, cancellationToken).ConfigureAwait(false) is null)
            {
                // IF NOT EXISTS would ask for the right to create even where the schema is there.
                if (!await ScalarAsync<bool>(connection, $"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}')", cancellationToken).ConfigureAwait(false))
                {
                    await ExecuteAsync(connection, $"CREATE SCHEMA {_s}", cancellationToken).ConfigureAwait(false);
                }

                await ExecuteAsync(connection, Tables(pieces), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await UpgradeAsync(connection, transaction, cancellationToken).ConfigureAwait(false);
            }

            if (vectors is not null)
            {
                await ExecuteAsync(connection, VectorTables(vectors), cancellationToken).ConfigureAwait(false);
                var model = new NpgsqlCommand($"INSERT INTO {_s}.models(key, name, dimensions) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", connection)
                {
                    Parameters = { new() { Value = ModelKey(embedder!) }, new() { Value = embedder!.Model }, new() { Value = embedder.Dimensions } },
                };
                await using (model.ConfigureAwait(false))
                {
                    await model.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives tables of an earlier release what they lack. Programs of that release go on with them, so the version stays.</summary>
    private async Task UpgradeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string Before = "before_upgrade";
        await transaction.SaveAsync(Before, cancellationToken).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(connection, IndexOfNumbers, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Only the tables' owner may. It makes one pass of the backfill slower, and nothing else.
            await transaction.RollbackAsync(Before, cancellationToken).ConfigureAwait(false);
        }
    }

    // Ids are compared byte by byte ("C"). Words are kept as the English stemmer makes them and as they are written, so that names and numbers are found
    // and small words count for nothing. Metadata are kept as they are written: jsonb would change the order of names and the form of numbers.
    private string Tables(Extension? pieces) =>
        $"""
        CREATE TABLE {_s}.schema_version(one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL);
        INSERT INTO {_s}.schema_version(version) VALUES ({Version});
        CREATE TABLE {_s}.memories(
            number bigint GENERATED ALWAYS AS IDENTITY,
            tenant text COLLATE "C" NOT NULL,
            user_id text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            content text NOT NULL,
            content_hash bytea NOT NULL,
            metadata json NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NULL,
            words tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('pg_catalog.english', content) || to_tsvector('pg_catalog.simple', content)) STORED,
            PRIMARY KEY (tenant, user_id, id));
        CREATE UNIQUE INDEX memories_once ON {_s}.memories(tenant, user_id, agent, content_hash);
        CREATE INDEX memories_youngest ON {_s}.memories(tenant, user_id, created_at DESC, number DESC);
        {IndexOfNumbers}
        CREATE INDEX memories_words ON {_s}.memories USING gin (words);
        {(pieces is null ? "" : $"CREATE INDEX memories_pieces ON {_s}.memories USING gin (content {pieces.Schema}.gin_trgm_ops);")}
        """;

    // One table for the vectors of all models, each with an index of its own over its length.
    private string VectorTables(Extension vectors) =>
        $"""
        CREATE TABLE IF NOT EXISTS {_s}.models(key text PRIMARY KEY, name text NOT NULL, dimensions integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE IF NOT EXISTS {_s}.embeddings(
            tenant text COLLATE "C" NOT NULL,
            user_id text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            model text NOT NULL,
            embedding {vectors.Schema}.vector NOT NULL,
            PRIMARY KEY (tenant, user_id, id),
            FOREIGN KEY (tenant, user_id, id) REFERENCES {_s}.memories ON DELETE CASCADE);
        {(embedder!.Dimensions > MaxIndexed ? "" :
            $"CREATE INDEX IF NOT EXISTS embeddings_{ModelKey(embedder)} ON {_s}.embeddings "
            + $"USING hnsw ((embedding::{vectors.Schema}.vector({embedder.Dimensions})) {vectors.Schema}.vector_cosine_ops) WHERE model = '{ModelKey(embedder)}';")}
        """;

    private async Task<int?> FindVersionAsync(NpgsqlConnection connection, string provider, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(connection, "schema_version", cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var found = await ScalarAsync<int>(connection, $"SELECT version FROM {_s}.schema_version", cancellationToken).ConfigureAwait(false);
        return found == Version ? found : throw new UnavailableException(
            ErrorCodes.ProviderUnavailable,
            $"The memory provider '{provider}' cannot use its database: the tables have version {found}, this program knows version {Version}. Start a newer release, or set another schema.",
            TimeSpan.FromMinutes(1));
    }

    private Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken) => ScalarAsync<bool>(
        connection,
        $"SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relname = '{table}')",
        cancellationToken);

    /// <summary>Finds an extension, or makes it where the server has it and the user may.</summary>
    private static async Task<(Extension? Found, string? Why)> ExtensionAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        if (await FindAsync().ConfigureAwait(false) is { } known)
        {
            return (known, null);
        }

        try
        {
            await ExecuteAsync(connection, $"CREATE EXTENSION IF NOT EXISTS {name}", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            // Somebody else may have made it in this moment; otherwise it is done without.
            return await FindAsync().ConfigureAwait(false) is { } made ? (made, null)
                : (null, e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                    ? $"The extension {name} is not there and the user may not make it: let an administrator run CREATE EXTENSION {name}."
                    : $"The server has no extension {name}.");
        }

        return (await FindAsync().ConfigureAwait(false), null);

        async Task<Extension?> FindAsync()
        {
            var command = new NpgsqlCommand(
                $"SELECT quote_ident(n.nspname), e.extversion FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = '{name}'", connection);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
                        ? new Extension(reader.GetString(0), System.Version.TryParse(reader.GetString(1), out var version) ? version : new Version(0, 0))
                        : null;
                }
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return (T)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    private sealed record Extension(string Schema, Version Version);
}
