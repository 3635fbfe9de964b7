using Granary.Core.Transcripts;

namespace Granary.Core.Compaction;

/// <summary>Tells when a transcript is to be folded. Asked after every append: no loops, no allocation.</summary>
internal static class CompactionTrigger
{
    /// <summary>Whether one of the limits that are set is reached.</summary>
    /// <param name="size">The transcript's size.</param>
    /// <param name="resource">The policies.</param>
    /// <param name="threshold">The share of a token or message limit at which it counts as reached, instead of the resource's.</param>
    public static bool IsDue(in TranscriptSize size, MemoryResource resource, double? threshold = null) =>
        TurnsDue(size, resource.Compaction) || MessagesDue(size, resource.Compaction, threshold) || TokensDue(size, resource, threshold);

    /// <summary>Whether there are more turns than the buffer and the tail hold.</summary>
    public static bool TurnsDue(in TranscriptSize size, CompactionPolicy policy) =>
        policy.TurnBuffer is { } buffer && size.Turns > (long)buffer + policy.RetainTurns;

    /// <summary>Whether there are too many messages.</summary>
    public static bool MessagesDue(in TranscriptSize size, CompactionPolicy policy, double? threshold) =>
        policy.MaxMessages is { } messages && Reached(size.Messages, messages, threshold ?? policy.Threshold);

    /// <summary>Whether there are too many tokens: for the budget, for the turns' share of it, or for the policy's own limit.</summary>
    public static bool TokensDue(in TranscriptSize size, MemoryResource resource, double? threshold)
    {
        var budget = resource.Budget.InputBudget();
        var ratio = threshold ?? resource.Budget.TriggerRatio;
        if (budget <= 0 || Reached(size.Tokens, budget, ratio))
        {
            return true;
        }

        if (resource.Allocation is { } shares)
        {
            // What the caller keeps for itself is not there for anyone else; what system messages need beyond their share, turns give.
            var turns = (shares.ShortTerm * budget) - Math.Max(0, size.SystemTokens - (shares.System * budget));
            if (Reached(size.RecentTokens, turns, ratio) || Reached(size.Tokens, (1 - shares.UserDefined) * budget, ratio))
            {
                return true;
            }
        }

        return resource.Compaction.MaxTokens is { } tokens && Reached(size.RecentTokens, tokens, threshold ?? resource.Compaction.Threshold);
    }

    // Shares such as 0.8 are not exact: without the tolerance 28 would not reach 0.8 of 35.
    private static bool Reached(long value, double limit, double share) => value >= (limit * share) - 1e-6;
}
