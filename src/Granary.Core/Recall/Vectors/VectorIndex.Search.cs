using System.Numerics.Tensors;

namespace Granary.Core.Recall.Vectors;

internal sealed partial class VectorIndex
{
    /// <summary>
    /// Bytes of rows that are worth a thread, some tenths of a millisecond: fewer are scanned by the caller's, more on the thread pool by
    /// as many as there are such pieces, within the index's parallelism.
    /// </summary>
    internal const long BytesPerWorker = 2 << 20;

    /// <summary>Finds the units whose vectors are nearest to a query by angle.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="cancellationToken">Ends the search between chunks.</param>
    /// <returns>At most <see cref="VectorQuery.Top"/> hits, the best first, equal scores by unit id.</returns>
    /// <exception cref="ArgumentException">The query's vector is of another dimension, zero, or holds NaN or infinite numbers; or a number is out of range.</exception>
    /// <exception cref="InvalidDataException">A document with an exact vector is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Top, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Oversample, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Oversample, 100);
        CheckDimension(query.Vector.Length, nameof(query));
        var scan = new ScanQuery(query.Vector.Span, query.Filter);
        var candidates = Ranked(await ScanAsync(Volatile.Read(ref view), scan, query.Candidates, cancellationToken), scan.Factor, query.Candidates);
        if (query.Exact is null || candidates.Length == 0)
        {
            return Array.ConvertAll(candidates, Hit);
        }

        var hits = Array.ConvertAll(Possible(candidates, query.Top, scan.Factor), Hit);
        await RescoreAsync(hits, query.Vector, scan.Length, query.Exact, cancellationToken);
        return hits.Length <= query.Top ? hits : hits[..query.Top];
    }

    private async ValueTask<TopHits[]> ScanAsync(VectorView view, ScanQuery query, int keep, CancellationToken cancellationToken)
    {
        var next = -1;
        var workers = (int)Math.Min(parallelism, (long)view.Count * stride / BytesPerWorker);
        if (workers <= 1 && (long)view.Count * stride < 2 * BytesPerWorker)
        {
            return [Work()];
        }

        // All of it on the pool, so that a caller with a scheduler of its own (an actor) is not held up.
        return await Task.WhenAll(Enumerable.Range(0, Math.Max(1, workers)).Select(_ => Task.Run(Work, cancellationToken)));

        TopHits Work()
        {
            var hits = new TopHits(keep);
            for (int chunk; (chunk = Interlocked.Increment(ref next)) < view.Chunks.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                view.Chunks[chunk]?.Scan(view.RowsOf(chunk), view.Version, query, hits);
            }

            return hits;
        }
    }

    private static Candidate[] Ranked(TopHits[] parts, float factor, int keep)
    {
        var candidates = new Candidate[parts.Sum(p => p.Count)];
        var at = 0;
        foreach (var part in parts)
        {
            foreach (var candidate in part.Hits)
            {
                candidates[at++] = candidate with { Score = candidate.Score * factor };
            }
        }

        Array.Sort(candidates);
        return candidates.Length <= keep ? candidates : candidates[..keep];
    }

    /// <summary>
    /// Leaves out the candidates that cannot be among the nearest: those that at the best are worse than as many others at the worst. Mostly
    /// few more than asked for are left, but many where many are alike.
    /// </summary>
    private Candidate[] Possible(Candidate[] candidates, int top, float factor)
    {
        if (candidates.Length <= top)
        {
            return candidates;
        }

        var worst = Array.ConvertAll(candidates, c => c.Score - c.Error(factor, Dimension));
        Array.Sort(worst);
        var floor = worst[^top];
        return Array.FindAll(candidates, c => c.Score + c.Error(factor, Dimension) >= floor);
    }

    private async ValueTask RescoreAsync(
        VectorHit[] hits, ReadOnlyMemory<float> query, float length, ExactVectors exact, CancellationToken cancellationToken)
    {
        var bodies = await exact(Array.ConvertAll(hits, h => h.Unit), cancellationToken);
        if (bodies.Count != hits.Length)
        {
            throw new InvalidOperationException($"{hits.Length} exact vectors were asked for, {bodies.Count} came.");
        }

        for (var i = 0; i < hits.Length; i++)
        {
            if (bodies[i].IsEmpty)
            {
                continue;
            }

            var document = VectorDocument.Decode(bodies[i]);
            if (document.Values.Length == Dimension && document.IsOf(Model))
            {
                hits[i] = hits[i] with { Score = Cosine(TensorPrimitives.Dot(query.Span, document.Values) / (length * document.Length)) };
            }
        }

        Array.Sort(hits);
    }

    private static VectorHit Hit(Candidate candidate) => new(candidate.Unit, Cosine(candidate.Score));

    /// <summary>Rounding must not make more than 1 of it.</summary>
    private static float Cosine(float value) => Math.Clamp(value, -1f, 1f);
}
