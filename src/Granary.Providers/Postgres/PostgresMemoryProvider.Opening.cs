using Granary.Core.Recall;
using Npgsql;

namespace Granary.Providers.Postgres;

public sealed partial class PostgresMemoryProvider
{
    /// <summary>Runs a call on a connection, over tables that are there.</summary>
    private Task<T> RunAsync<T>(Func<OpenedMemories, NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            var opened = _opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
            var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await call(opened, connection).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Failures of the server become what callers are told.</summary>
    private async Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerFaults.Is(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogFailed(Name, ServerFaults.Describe(e));
            throw ServerFaults.ToError(Name, e);
        }
    }

    private async Task<OpenedMemories> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            if (_opened is { } done)
            {
                return done;
            }

            var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var found = await new MemorySchema(_options.Schema, _embedder).OpenAsync(connection, Name, cancellationToken).ConfigureAwait(false);
                if (found.WhyNoVectors is { } why)
                {
                    LogNoVectors(Name, why);
                }

                LogOpened(Name, connection.Database, _options.Schema, found.VectorSchema is not null);
                var key = found.VectorSchema is null ? null : MemorySchema.ModelKey(_embedder!);
                var opened = new OpenedMemories(
                    new HybridRecall(_options, found, key is null ? null : (key, _embedder!.Dimensions)),
                    found.VectorSchema,
                    key,
                    key is null ? null : new EmbeddingBackfill(_options, _source, _embedder!, found.VectorSchema!, key, _time, _logger));
                _opened = opened;

                // Memories of before the embedder, of another model, or of a process that ended too early.
                opened.Backfill?.Wake();
                return opened;
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>A text's vector, or null where none are kept, and where the embedder fails or takes too long: then it is done without.</summary>
    private async Task<float[]?> EmbedAsync(string text, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        if (_embedder is null)
        {
            return null;
        }

        var opened = _opened ?? await GuardAsync(() => OpenAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (opened.Vectors is null)
        {
            return null;
        }

        using var late = new CancellationTokenSource(_options.EmbeddingTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            // An embedder that does not watch its token is not waited for either.
            var vectors = await _embedder.EmbedAsync([text], purpose, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            if (vectors is [{ } vector] && vector.Length == _embedder.Dimensions)
            {
                return vector;
            }

            LogNotEmbedded(Name, purpose, "the embedder gave none of its length");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotEmbedded(Name, purpose, e is OperationCanceledException ? "it took too long" : e.GetType().Name);
        }

        return null;
    }
}
