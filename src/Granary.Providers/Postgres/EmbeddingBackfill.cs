using Granary.Core.Recall;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>
/// Gives vectors of the embedder's model to memories that have none, or one of another model: one pass over the table when it is woken, a few texts at a
/// time, and another some time later if the embedder or the server failed. Of several processes each may do it; the work is then done twice, not wrongly.
/// </summary>
internal sealed partial class EmbeddingBackfill : IAsyncDisposable
{
    /// <summary>Texts of one call of the embedder.</summary>
    private const int BatchSize = 32;

    /// <summary>How long the embedder may take for one call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly NpgsqlDataSource _source;
    private readonly IEmbedder _embedder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _provider;
    private readonly string _find;
    private readonly string _keep;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _work = Task.CompletedTask;
    private bool _wanted;
    private bool _running;

    public EmbeddingBackfill(
        PostgresProviderOptions options, NpgsqlDataSource source, IEmbedder embedder, string vectorSchema, string modelKey, TimeProvider time, ILogger logger)
    {
        (_source, _embedder, _time, _logger, _provider) = (source, embedder, time, logger, options.Name);
        var s = $"\"{options.Schema}\"";
        _find =
            $"""
            SELECT m.number, m.tenant, m.user_id, m.id, m.content FROM {s}.memories m
            WHERE m.number > $1 AND NOT EXISTS (
                SELECT FROM {s}.embeddings e WHERE e.tenant = m.tenant AND e.user_id = m.user_id AND e.id = m.id AND e.model = '{modelKey}')
            ORDER BY m.number LIMIT {BatchSize}
            """;

        // The memory must still be there, and say the same.
        _keep =
            $"""
            INSERT INTO {s}.embeddings(tenant, user_id, id, model, embedding)
            SELECT m.tenant, m.user_id, m.id, '{modelKey}', $5::real[]::{vectorSchema}.vector FROM {s}.memories m
            WHERE m.tenant = $1 AND m.user_id = $2 AND m.id = $3 AND m.content = $4 FOR KEY SHARE
            ON CONFLICT (tenant, user_id, id) DO UPDATE SET model = excluded.model, embedding = excluded.embedding
            """;
    }

    /// <summary>The pass that is under way, with the pauses and passes after it; done when nothing is left to do. For tests.</summary>
    internal Task Work
    {
        get
        {
            lock (_gate)
            {
                return _work;
            }
        }
    }

    /// <summary>Asks for a pass; returns at once. A pass that is under way is followed by another.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _wanted = true;
            if (_running || _stop.IsCancellationRequested)
            {
                return;
            }

            _running = true;
            _work = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends the pass that is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Work.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        while (Take())
        {
            var failed = 0;
            try
            {
                failed = await PassAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            catch (Exception e) when (ServerFaults.Is(e))
            {
                LogFailed(_provider, ServerFaults.Describe(e));
                failed = 1;
            }

            if (failed == 0)
            {
                pause = FirstPause;
                continue;
            }

            lock (_gate)
            {
                _wanted = true;
            }

            try
            {
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (OperationCanceledException)
            {
                // Taken note of above.
            }
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            _running = _wanted && !_stop.IsCancellationRequested;
            _wanted = false;
            return _running;
        }
    }

    /// <returns>How many memories were left without a vector.</returns>
    private async Task<int> PassAsync(CancellationToken cancellationToken)
    {
        var (after, made, failed) = (0L, 0, 0);
        while (true)
        {
            var found = await FindAsync(after, cancellationToken).ConfigureAwait(false);
            if (found.Count == 0)
            {
                break;
            }

            after = found[^1].Number;
            var vectors = await EmbedAsync(found, cancellationToken).ConfigureAwait(false);
            foreach (var (memory, vector) in found.Zip(vectors))
            {
                if (vector is null)
                {
                    failed++;
                    continue;
                }

                await KeepAsync(memory, vector, cancellationToken).ConfigureAwait(false);
                made++;
            }
        }

        if (made + failed > 0)
        {
            LogPassed(_provider, made, failed);
        }

        return failed;
    }

    /// <summary>The vectors of some texts. Where they cannot be made together each is tried alone, so that one that the model refuses keeps no other back.</summary>
    private async Task<IReadOnlyList<float[]?>> EmbedAsync(IReadOnlyList<Found> found, CancellationToken cancellationToken)
    {
        if (await TryAsync(found).ConfigureAwait(false) is { } together)
        {
            return together;
        }

        var vectors = new float[]?[found.Count];
        for (var i = 0; found.Count > 1 && i < found.Count; i++)
        {
            vectors[i] = (await TryAsync([found[i]]).ConfigureAwait(false))?[0];

            // Two alone fail too: it is the embedder, not one of the texts.
            if (i == 1 && vectors[0] is null && vectors[1] is null)
            {
                break;
            }
        }

        return vectors;

        async Task<IReadOnlyList<float[]>?> TryAsync(IReadOnlyList<Found> some)
        {
            using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                var made = await _embedder.EmbedAsync([.. some.Select(memory => memory.Content)], EmbeddingPurpose.Document, abandon.Token)
                    .AsTask().WaitAsync(Patience, _time, cancellationToken).ConfigureAwait(false);
                return made.Count == some.Count && made.All(vector => vector?.Length == _embedder.Dimensions) ? made : null;
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Any error: the embedder's contract says to do without.
                await abandon.CancelAsync().ConfigureAwait(false);
                return null;
            }
        }
    }

    private async Task<IReadOnlyList<Found>> FindAsync(long after, CancellationToken cancellationToken)
    {
        var found = new List<Found>();
        var command = _source.CreateCommand(_find);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = after });
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    found.Add(new Found(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)));
                }
            }
        }

        return found;
    }

    private async Task KeepAsync(Found memory, float[] vector, CancellationToken cancellationToken)
    {
        var command = _source.CreateCommand(_keep);
        await using (command.ConfigureAwait(false))
        {
            foreach (var text in (string[])[memory.Tenant, memory.User, memory.Id, memory.Content])
            {
                command.Parameters.Add(MemoryRows.Text(text));
            }

            command.Parameters.Add(MemoryRows.Vector(vector));
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(24, LogLevel.Information, "The memory provider {Provider} gave vectors to {Made} memories; {Failed} have none yet.")]
    private partial void LogPassed(string provider, int made, int failed);

    [LoggerMessage(25, LogLevel.Warning, "The memory provider {Provider} could not give vectors to memories: {Why}")]
    private partial void LogFailed(string provider, string why);

    private sealed record Found(long Number, string Tenant, string User, string Id, string Content);
}
