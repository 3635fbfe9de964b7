namespace Granary.Core.Compaction;

/// <summary>What may be left of a transcript after a strategy that folds down to a share of its limits.</summary>
/// <param name="Turns">Turns that may be left.</param>
/// <param name="Messages">Messages that may be left.</param>
/// <param name="Tokens">Tokens of messages that may be left.</param>
internal readonly record struct FoldTargets(int Turns, int Messages, double Tokens)
{
    /// <summary>
    /// The targets of the limits that are reached, each on its own: a transcript over its tokens is folded for its tokens whatever its
    /// messages say. A compaction that is not due but forced aims at all limits.
    /// </summary>
    public static FoldTargets Of(FoldWindow window, double messageShare, double tokenShare, bool due)
    {
        var (size, resource, threshold) = (window.Size, window.Resource, window.Threshold);
        var policy = resource.Compaction;
        int turns = int.MaxValue, messages = int.MaxValue;
        var tokens = double.MaxValue;
        if (policy.TurnBuffer is { } buffer && (!due || CompactionTrigger.TurnsDue(size, policy)))
        {
            turns = Math.Max(1, (buffer + policy.RetainTurns) / 2);
        }

        if (policy.MaxMessages is { } most && (!due || CompactionTrigger.MessagesDue(size, policy, threshold)))
        {
            messages = (int)(most * Below(messageShare, threshold ?? policy.Threshold));
        }

        if (!due || CompactionTrigger.TokensDue(size, resource, threshold))
        {
            var share = Below(tokenShare, threshold ?? Math.Min(policy.Threshold, resource.Budget.TriggerRatio));
            tokens = share * window.TokensForTurns();
        }

        return new(turns, messages, tokens);
    }

    /// <summary>Whether no more than this is left.</summary>
    public bool ReachedBy(FoldWindow window) =>
        window.Left.Turns <= Turns && window.Left.Messages <= Messages && window.Left.RecentTokens <= Tokens;

    // A trigger below the share would fold nothing: then half of the trigger is left.
    private static double Below(double share, double trigger) => trigger > share ? share : trigger / 2;
}
