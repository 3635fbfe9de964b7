using Granary.Core.Recall;
using Granary.Core.Recall.Vectors;
using Granary.Core.Users.Indexing;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    private const string NoEmbedder = "Recall by vectors is not available.";

    /// <summary>After a failure recalls go by words for so long, without asking the embedder: one that is away must not slow them all down.</summary>
    private static readonly TimeSpan QueryRest = TimeSpan.FromSeconds(10);

    private long _queriesFailedAt = long.MinValue;

    /// <summary>The vector of a recall's query, or why there is none. Never fails; asks nobody where no vector could be found.</summary>
    private async Task<(float[]? Vector, string? Fallback)> AskVectorAsync(RecallRequest request, CancellationToken cancellationToken)
    {
        if (request.Mode == RecallMode.Keyword)
        {
            return default;
        }

        if (_services.Embedder is not { } embedder)
        {
            return (null, request.Mode is RecallMode.Vector or RecallMode.Hybrid ? NoEmbedder : null);
        }

        lock (Gate)
        {
            if (_vectorModel != (embedder.Model, embedder.Dimensions))
            {
                return (null, "No vectors have been made yet.");
            }
        }

        var patience = _services.Vectors.QueryTimeout;
        if (Volatile.Read(ref _queriesFailedAt) is var failed && failed != long.MinValue && _time.GetElapsedTime(failed) < QueryRest)
        {
            return (null, "The embedder failed a moment ago.");
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Not on the caller's stack: a model in this process may compute before it first waits.
            var asking = Task.Run(() => embedder.EmbedAsync([request.Query], EmbeddingPurpose.Query, ended.Token).AsTask(), ended.Token);
            var vectors = await asking.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
            if (vectors is [var vector] && vector.Length == embedder.Dimensions && VectorLength.IsUsable(VectorLength.Of(vector)))
            {
                Volatile.Write(ref _queriesFailedAt, long.MinValue);
                return (vector, null);
            }

            return (null, "The embedder made no vector of the query.");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _queriesFailedAt, _time.GetTimestamp());
            LogQueryFailed(_services.Logger, exception);
            return (null, exception is TimeoutException ? $"The embedder did not answer within {patience.TotalSeconds:0.###} seconds." : "The embedder failed.");
        }
        catch (OperationCanceledException)
        {
            return (null, "The call was cancelled.");
        }
        finally
        {
            // Whoever is still at it can stop.
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What a recall looks for by meaning.</summary>
    private RecallMeaning FindMeaning(UserIndex index, RecallRequest request, (float[]? Vector, string? Fallback) asked)
    {
        if (_services.Embedder is null)
        {
            return new RecallMeaning(null, asked.Fallback);
        }

        UserVectors vectors;
        lock (index.Gate)
        {
            vectors = index.Vectors!;
        }

        WakeForWork(index, vectors);
        if (asked.Vector is not { } vector)
        {
            return new RecallMeaning(null, asked.Fallback);
        }

        return new RecallMeaning(new MeaningSearch(vectors.Index, index.Lexical, vector, ReadAsync), null);

        async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(IReadOnlyList<int> units, CancellationToken cancellationToken)
        {
            var documents = new List<(int Unit, string Document)>(units.Count);
            foreach (var unit in units)
            {
                documents.Add((unit, vectors.KeyOf(unit, 0).Document));
            }

            var bodies = (await ReadExactAsync(documents, cancellationToken).ConfigureAwait(false)).ToDictionary(one => one.Unit, one => one.Body);
            if (bodies.Count < units.Count)
            {
                lock (index.Gate)
                {
                    vectors.Remake(units.Where(unit => !bodies.ContainsKey(unit)));
                }

                WakeVectors();
            }

            return [.. units.Select(bodies.GetValueOrDefault)];
        }
    }

    [LoggerMessage(32, LogLevel.Warning, "A query could not be embedded; it is answered by words")]
    private static partial void LogQueryFailed(ILogger logger, Exception exception);
}
