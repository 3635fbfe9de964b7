using System.Security.Cryptography;
using System.Text;
using Granary.Core.Recall;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Providers.Postgres;

/// <summary>
/// Memories in a table of PostgreSQL, found by their words and, where there are an embedder and the extension <c>vector</c>, by meaning. Any number of
/// processes may share the table; what says exactly the same for the same user and agent is kept once, whoever adds it.
/// </summary>
/// <remarks>
/// The database is connected to, and the schema made, at the first call. Every statement that reads or writes memories for a caller names the tenant and
/// the user. What is deleted is gone for every query; its bytes leave the server's files when PostgreSQL vacuums the table and recycles its log.
/// </remarks>
public sealed partial class PostgresMemoryProvider : IMemoryProvider, IAsyncDisposable, IDisposable
{
    /// <summary>The provider's type.</summary>
    public const string TypeName = "postgres";

    private const string IdPrefix = "mem_";

    /// <summary>How often a memory is looked for that another call keeps or deletes in the same moment.</summary>
    private const int MaxAttempts = 8;

    private readonly PostgresProviderOptions _options;
    private readonly IEmbedder? _embedder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NpgsqlDataSource _source;
    private readonly string _memories;
    private readonly SemaphoreSlim _opening = new(1);
    private OpenedMemories? _opened;
    private int _disposed;

    /// <summary>Makes the provider; nothing is connected to yet.</summary>
    /// <param name="options">Where the memories are; not changed afterwards.</param>
    /// <param name="embedder">Makes the vectors; without one memories are found by their words only.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    /// <param name="logger">Tells what the database offers, and of vectors that could not be made.</param>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and the fix.</exception>
    public PostgresMemoryProvider(
        PostgresProviderOptions options, IEmbedder? embedder = null, TimeProvider? timeProvider = null, ILogger<PostgresMemoryProvider>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _options = options;
        _embedder = embedder;
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<PostgresMemoryProvider>.Instance;
        _source = options.CreateSource();
        _memories = $"\"{options.Schema}\".memories";
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public string Type => TypeName;

    /// <summary>Gives vectors to memories that have none; null before the database is opened and where no vectors are kept. For tests.</summary>
    internal EmbeddingBackfill? Backfill => _opened?.Backfill;

    /// <inheritdoc/>
    public async Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, draft);
        if (draft.Content.Contains('\0', StringComparison.Ordinal))
        {
            throw new InvalidRequestException("content", "must not hold the null character (U+0000): PostgreSQL keeps none");
        }

        // Before a connection is taken: a model may take its time.
        var vector = await EmbedAsync(draft.Content, EmbeddingPurpose.Document, cancellationToken).ConfigureAwait(false);
        var memory = new ProviderMemory
        {
            Id = draft.Id ?? IdPrefix + Ids.New(_time),
            UserId = user.User,
            Content = draft.Content,
            Metadata = draft.Metadata?.Clone(),
            AgentId = draft.AgentId ?? Ids.DefaultAgent,
            CreatedAt = MemoryRows.Truncate(_time.GetUtcNow()),
            Provider = Name,
        };
        return await RunAsync(KeepAsync, cancellationToken).ConfigureAwait(false);

        async Task<ProviderMemory> KeepAsync(OpenedMemories opened, NpgsqlConnection connection)
        {
            for (var attempt = 1; attempt <= MaxAttempts; attempt++)
            {
                if (await AddAsync(connection, opened, user, memory, vector, cancellationToken).ConfigureAwait(false))
                {
                    if (opened.Vectors is not null && vector is null)
                    {
                        opened.Backfill!.Wake();
                    }

                    return memory;
                }

                if (await FindKeptAsync(connection, user, memory, draft.Id is not null, cancellationToken).ConfigureAwait(false) is { } kept)
                {
                    return kept;
                }
            }

            throw new UnavailableException(
                ErrorCodes.ProviderUnavailable, $"The memory provider '{Name}' could not keep a memory that others keep and delete all the time.", TimeSpan.FromSeconds(1));
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default)
    {
        var filter = ProviderRules.Check(user, query);
        ProviderRules.RefuseRecordFilters(Name, query.Filter);

        // No kept text holds one.
        var asked = query with { Query = query.Query.Replace('\0', ' ') };
        var vector = await EmbedAsync(query.Query, EmbeddingPurpose.Query, cancellationToken).ConfigureAwait(false);
        return await RunAsync(
            (opened, connection) => opened.Recall.FindAsync(connection, user, asked, filter, vector, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        var found = await RunAsync(
            (_, connection) => ReadAsync(
                connection,
                $"SELECT {MemoryRows.Columns} FROM {_memories} WHERE tenant = $1 AND user_id = $2 AND id = $3",
                user,
                cancellationToken,
                MemoryRows.Text(id)),
            cancellationToken).ConfigureAwait(false);
        return found.Count == 1 ? found[0] : throw new NotFoundException($"There is no memory '{id}'.");
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        return await RunAsync(
            (_, connection) => ExecuteAsync(
                connection, $"DELETE FROM {_memories} WHERE tenant = $1 AND user_id = $2 AND id = $3", user, cancellationToken, MemoryRows.Text(id)),
            cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <inheritdoc/>
    public async Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, limit, offset);
        return await RunAsync(
            async (_, connection) =>
            {
                var memories = await ReadAsync(
                    connection,
                    $"SELECT {MemoryRows.Columns} FROM {_memories} WHERE tenant = $1 AND user_id = $2 ORDER BY created_at DESC, number DESC LIMIT $3 OFFSET $4",
                    user,
                    cancellationToken,
                    new() { Value = limit },
                    new() { Value = offset }).ConfigureAwait(false);
                return new ProviderPage(memories, await CountAsync(connection, user, cancellationToken).ConfigureAwait(false));
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        user.Validated();
        return await RunAsync(
            (_, connection) => ExecuteAsync(connection, $"DELETE FROM {_memories} WHERE tenant = $1 AND user_id = $2", user, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default)
    {
        var started = _time.GetTimestamp();
        try
        {
            user?.Validated();
            var (count, vectors) = await RunAsync(
                async (opened, connection) =>
                {
                    // Without a user: whether the table answers.
                    var counted = await CountAsync(connection, user ?? new UserKey("", ""), cancellationToken).ConfigureAwait(false);
                    return (counted, opened.Vectors is not null);
                },
                cancellationToken).ConfigureAwait(false);
            return Health(true) with { DatabaseConnection = true, VectorsAvailable = vectors, TotalMemories = user is null ? null : count };
        }
        catch (Exception e) when (e is MemoryException or ObjectDisposedException)
        {
            return Health(false) with { DatabaseConnection = false, Error = e is MemoryException ? e.Message : "It is closed." };
        }

        ProviderHealth Health(bool healthy) => new()
        {
            Healthy = healthy,
            Provider = Name,
            ResponseTimeMs = _time.GetElapsedTime(started).TotalMilliseconds,
        };
    }

    /// <summary>Ends what goes on in the background and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // A call that opens the database now is waited for, so that what it starts is ended too.
        await _opening.WaitAsync().ConfigureAwait(false);
        if (_opened?.Backfill is { } backfill)
        {
            await backfill.DisposeAsync().ConfigureAwait(false);
        }

        await _source.DisposeAsync().ConfigureAwait(false);
        _opening.Release();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for hosts that can only wait.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <returns>Whether it was added: nothing has its id, and nothing says the same.</returns>
    private async Task<bool> AddAsync(
        NpgsqlConnection connection, OpenedMemories opened, UserKey user, ProviderMemory memory, float[]? vector, CancellationToken cancellationToken)
    {
        var add =
            $"""
            INSERT INTO {_memories}(tenant, user_id, id, agent, content, content_hash, metadata, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
            """;
        List<NpgsqlParameter> parameters =
        [
            MemoryRows.Text(memory.Id),
            MemoryRows.Text(memory.AgentId!),
            MemoryRows.Text(memory.Content),
            new() { Value = HashOf(memory.Content) },
            new() { Value = (object?)memory.Metadata?.GetRawText() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Json },
            MemoryRows.Time(memory.CreatedAt),
        ];
        if (vector is not null)
        {
            parameters.Add(MemoryRows.Vector(vector));
            add =
                $"""
                WITH added AS ({add} RETURNING tenant, user_id, id)
                INSERT INTO "{_options.Schema}".embeddings(tenant, user_id, id, model, embedding)
                SELECT tenant, user_id, id, '{opened.ModelKey}', $9::real[]::{opened.Vectors}.vector FROM added
                """;
        }

        return await ExecuteAsync(connection, add, user, cancellationToken, [.. parameters]).ConfigureAwait(false) > 0;
    }

    /// <summary>What keeps a memory from being added, which is the same memory or one that says the same; null where it went away in this moment.</summary>
    private async Task<ProviderMemory?> FindKeptAsync(NpgsqlConnection connection, UserKey user, ProviderMemory memory, bool hasOwnId, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(
            connection,
            $"SELECT {MemoryRows.Columns} FROM {_memories} WHERE tenant = $1 AND user_id = $2 AND (id = $3 OR (agent = $4 AND content_hash = $5))",
            user,
            cancellationToken,
            MemoryRows.Text(memory.Id),
            MemoryRows.Text(memory.AgentId!),
            new() { Value = HashOf(memory.Content) }).ConfigureAwait(false);
        if (hasOwnId && found.FirstOrDefault(kept => kept.Id == memory.Id) is { } taken)
        {
            return taken.AgentId == memory.AgentId && ContentKey.Normalise(taken.Content) == ContentKey.Normalise(memory.Content)
                ? taken with { Duplicate = true }
                : throw new ConflictException(ErrorCodes.AlreadyExists, $"'{memory.Id}' is the id of another memory.");
        }

        return found.Count > 0 ? found[0] with { Duplicate = true } : null;
    }

    private async Task<int> CountAsync(NpgsqlConnection connection, UserKey user, CancellationToken cancellationToken)
    {
        var command = Command(connection, $"SELECT count(*)::integer FROM {_memories} WHERE tenant = $1 AND user_id = $2", user);
        await using (command.ConfigureAwait(false))
        {
            return (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    private async Task<IReadOnlyList<ProviderMemory>> ReadAsync(
        NpgsqlConnection connection, string sql, UserKey user, CancellationToken cancellationToken, params NpgsqlParameter[] more)
    {
        var memories = new List<ProviderMemory>();
        var command = Command(connection, sql, user, more);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    memories.Add(MemoryRows.Read(reader, user.User, Name));
                }
            }
        }

        return memories;
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, UserKey user, CancellationToken cancellationToken, params NpgsqlParameter[] more)
    {
        var command = Command(connection, sql, user, more);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, UserKey user, params NpgsqlParameter[] more)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in (NpgsqlParameter[])[MemoryRows.Text(user.Tenant), MemoryRows.Text(user.User), .. more])
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static byte[] HashOf(string content) => SHA256.HashData(Encoding.UTF8.GetBytes(ContentKey.Normalise(content)));
}
