using System.Collections.Concurrent;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>
/// Ranks the units of one index by a question: BM25 of the unit's own terms, of what is said around it and of its whole session, then factors for who
/// speaks, when, what form it has, how new and how important it is; fused with vectors where they are given. Safe for all threads beside the index's writer.
/// </summary>
internal sealed class Recaller
{
    private readonly LexicalIndex index;
    private readonly RecallOptions options;
    private readonly ConcurrentBag<QueryScratch> scratches = [];

    /// <summary>Ranks units of an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Recaller(LexicalIndex index, RecallOptions options)
    {
        options.Validate();
        this.index = index;
        this.options = options;
    }

    /// <summary>The best units, best first; equal ones newest first.</summary>
    public IReadOnlyList<RankedUnit> Recall(RecallQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        var scratch = Begin();
        try
        {
            var scoring = new Scoring(index, options, query, scratch);
            scoring.Run();
            return scoring.Best(query.Limit);
        }
        finally
        {
            End(scratch);
        }
    }

    /// <summary>The best sessions, best first.</summary>
    public IReadOnlyList<SessionHit> RecallSessions(RecallQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        var scratch = Begin();
        try
        {
            var scoring = new Scoring(index, options, query, scratch);
            scoring.Run();
            return scoring.BestSessions(query.Limit);
        }
        finally
        {
            End(scratch);
        }
    }

    private QueryScratch Begin() => scratches.TryTake(out var scratch) ? scratch : new QueryScratch();

    private void End(QueryScratch scratch)
    {
        scratch.Clear();
        scratches.Add(scratch);
    }
}
