using Granary.Core.Transcripts;

namespace Granary.Core.Compaction;

/// <summary>Chooses what a compaction folds.</summary>
internal static class CompactionPlanner
{
    /// <summary>The share of the messages that a forced compaction folds at least, where the strategy names no window: 25 %.</summary>
    private const double ForcedShare = 0.25;

    /// <summary>The share of a limit that is left: half.</summary>
    private const double LeftShare = 0.5;

    /// <summary>The share of a message limit that <see cref="CompactionStrategy.TokenAwareLru"/> leaves: it frees tokens, not messages.</summary>
    private const double TokenAwareMessageShare = 0.6;

    /// <summary>
    /// What to fold, or null if nothing is to be folded: the trigger is not reached and nobody forces it, or there is no block to take.
    /// System messages, open blocks and the newest turn always stay, blocks are taken whole. A turn-wise strategy goes on into the turns
    /// it would leave, oldest first, when the trigger would still be reached without that. Only where all else would leave more than
    /// fits the budget, blocks of the newest turn go too: a long run of tools must not make its session stuck.
    /// </summary>
    /// <param name="entries">The transcript that is not folded, in order.</param>
    /// <param name="size">Its size.</param>
    /// <param name="resource">The policies.</param>
    /// <param name="options">What the caller asks for.</param>
    public static CompactionPlan? Plan(
        IReadOnlyList<TranscriptEntry> entries, in TranscriptSize size, MemoryResource resource, CompactOptions options)
    {
        var due = CompactionTrigger.IsDue(size, resource, options.Threshold);
        if (!due && !options.Force)
        {
            return null;
        }

        var strategy = options.Strategy ?? resource.Compaction.Strategy;
        var turns = TurnsOf(entries);
        var candidates = FoldCandidates.Of(entries, turns, resource.Eviction);
        var window = new FoldWindow(entries, size, resource, options.Threshold);
        if (strategy is CompactionStrategy.Fifo or CompactionStrategy.Lru or CompactionStrategy.TokenAwareLru)
        {
            FoldToTargets(window, FoldOrder.Sort(candidates, strategy, resource.Eviction), strategy, due);
        }
        else
        {
            FoldTurns(window, candidates, turns, strategy, resource);
        }

        FoldOverflow(window, entries, turns);
        return window.Folded() is { Count: > 0 } folded ? new(strategy, folded) : null;
    }

    private static void FoldToTargets(FoldWindow window, IEnumerable<FoldCandidate> candidates, CompactionStrategy strategy, bool due)
    {
        var leave = FoldTargets.Of(window, strategy == CompactionStrategy.TokenAwareLru ? TokenAwareMessageShare : LeftShare, LeftShare, due);
        var least = due ? 0 : Share(window.Size.Messages, ForcedShare);
        foreach (var candidate in candidates)
        {
            if (window.FoldedMessages >= least && leave.ReachedBy(window) && !window.IsDue() && !window.IsAnswer(candidate))
            {
                return;
            }

            window.Fold(candidate);
        }
    }

    private static void FoldTurns(
        FoldWindow window, List<FoldCandidate> candidates, List<int> turns, CompactionStrategy strategy, MemoryResource resource)
    {
        var policy = resource.Compaction;
        var tail = turns.Count == 0 ? 0 : turns[Math.Max(0, turns.Count - policy.RetainTurns)];
        var hybrid = strategy == CompactionStrategy.HybridSummary;
        var head = hybrid ? LastTurnOfHead(turns) : -1;

        // What comes before the first turn's end and after the tail's start is taken only when all else is not enough.
        var older = candidates.Where(block => block.LastTurn < tail && block.FirstTurn > head).ToList();
        var spare = candidates.Where(block => block.LastTurn >= tail && block.FirstTurn > head)
            .Concat(candidates.Where(block => block.FirstTurn <= head)).ToList();

        var enough = hybrid ? Share(window.Size.Messages, policy.SummarizeOldest) : int.MaxValue;
        foreach (var candidate in FoldOrder.Sort(older, strategy, resource.Eviction))
        {
            if (window.FoldedMessages >= enough && !window.IsDue() && !window.IsAnswer(candidate))
            {
                return;
            }

            window.Fold(candidate);
        }

        var lastFolded = -1;
        foreach (var candidate in FoldOrder.Sort(spare, strategy, resource.Eviction))
        {
            // Oldest first means turn by turn: an answer does not stay without its question.
            if (!window.IsDue() && (resource.Eviction.Order != EvictionOrder.Strategy || candidate.LastTurn != lastFolded))
            {
                return;
            }

            window.Fold(candidate);
            lastFolded = candidate.LastTurn;
        }
    }

    private static void FoldOverflow(FoldWindow window, IReadOnlyList<TranscriptEntry> entries, List<int> turns)
    {
        foreach (var candidate in window.Overflows() ? FoldCandidates.OfNewestTurn(entries, turns) : [])
        {
            if (!window.Overflows())
            {
                return;
            }

            window.Fold(candidate);
        }
    }

    /// <summary>The turn up to which the beginning is kept: the first one that a user opened, with what was said before it.</summary>
    private static int LastTurnOfHead(List<int> turns) => turns switch
    {
        [] => -1,
        [0, var first, ..] => first,
        [var first, ..] => first,
    };

    private static List<int> TurnsOf(IReadOnlyList<TranscriptEntry> entries)
    {
        var turns = new List<int>();
        foreach (var entry in entries)
        {
            if (entry.Message.Role != MessageRole.System && (turns.Count == 0 || turns[^1] != entry.Message.Turn))
            {
                turns.Add(entry.Message.Turn);
            }
        }

        return turns;
    }

    private static int Share(int messages, double share) => Math.Max(1, (int)Math.Ceiling((messages * share) - 1e-6));
}
