using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Folds a summary into the snapshot: the same input gives the same snapshot, to the byte.</summary>
internal static class SnapshotBuilder
{
    /// <summary>The share of the budget that a snapshot may have: a quarter.</summary>
    public const double MaxShare = 0.25;

    /// <summary>The share of a full snapshot that facts keep against episodes.</summary>
    private const double FactShare = 0.5;

    /// <summary>What the snapshot of a resource's sessions may have in tokens: a quarter of the input budget, or the long-term share if that is less.</summary>
    public static int MaxTokens(MemoryResource resource) =>
        (int)((resource.Allocation is { } shares ? Math.Min(MaxShare, shares.LongTerm) : MaxShare) * resource.Budget.InputBudget());

    /// <summary>
    /// The snapshot with one more episode and its facts, in at most <paramref name="maxTokens"/> as <see cref="SnapshotText"/> renders it:
    /// where that is too little, older episodes are folded into one that is shorter, and facts go, the least salient first. Merging the
    /// summary that was merged last changes nothing.
    /// </summary>
    /// <param name="previous">The snapshot before.</param>
    /// <param name="summary">What was folded, in words.</param>
    /// <param name="firstSequence">The first message that was folded.</param>
    /// <param name="lastSequence">The last message that was folded.</param>
    /// <param name="maxTokens">The tokens that the snapshot may have.</param>
    /// <param name="counter">Counts them.</param>
    /// <param name="model">The model whose tokens count, or null.</param>
    public static Snapshot Merge(
        Snapshot previous, Summary summary, long firstSequence, long lastSequence, int maxTokens, ITokenCounter counter, string? model)
    {
        if (previous.Episodes is [.., var last] && last.FirstSequence <= firstSequence && last.LastSequence == lastSequence)
        {
            return Fit(previous, maxTokens, counter, model);
        }

        var episodes = previous.Episodes.ToList();
        if (!string.IsNullOrWhiteSpace(summary.Episode))
        {
            episodes.Add(new(firstSequence, lastSequence, summary.Episode.Trim()));
        }

        var facts = FactMerger.Merge(previous.Facts, summary.Facts);
        return Fit(new(episodes, facts, TopicRanking.Merge([summary.Topics, previous.Topics])), maxTokens, counter, model);
    }

    private static Snapshot Fit(Snapshot snapshot, int maxTokens, ITokenCounter counter, string? model)
    {
        if (Tokens(snapshot) <= maxTokens)
        {
            return snapshot;
        }

        var episodes = Tokens(snapshot with { Facts = [] });
        snapshot = snapshot with { Facts = Fewer(snapshot.Facts, Math.Max((int)(maxTokens * FactShare), maxTokens - episodes)) };

        // The parts' counts do not add up to the whole's exactly: what is over is taken off the episodes and they are folded again.
        var facts = Tokens(snapshot with { Episodes = [] });
        for (var left = maxTokens - facts; left > 0 && snapshot.Episodes.Count > 0;)
        {
            var folded = snapshot with { Episodes = EpisodeFolding.Fold(snapshot.Episodes, left, counter, model) };
            var over = Tokens(folded) - maxTokens;
            if (over <= 0)
            {
                return folded;
            }

            left -= over;
        }

        snapshot = snapshot with { Episodes = [] };
        return snapshot with { Facts = Fewer(snapshot.Facts, maxTokens) };

        int Tokens(Snapshot part) => SnapshotText.Tokens(part, counter, model);

        IReadOnlyList<SemanticFact> Fewer(IReadOnlyList<SemanticFact> all, int most)
        {
            while (all.Count > 0 && Tokens(new([], all, [])) > most)
            {
                var least = all.MinBy(fact => (fact.Salience, -(int)fact.Kind, fact.Sequence, fact.Text))!;
                all = [.. all.Where(fact => fact != least)];
            }

            return all;
        }
    }
}
