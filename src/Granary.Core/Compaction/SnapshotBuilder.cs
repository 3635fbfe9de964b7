using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Folds a summary into the snapshot: the same input gives the same snapshot, to the byte.</summary>
internal static class SnapshotBuilder
{
    /// <summary>The share of the budget that a snapshot may have: a quarter.</summary>
    public const double MaxShare = 0.25;

    /// <summary>The tokens that the snapshot of a resource's sessions may have: a quarter of the input budget, or the long-term share if that is less.</summary>
    public static int MaxTokens(MemoryResource resource) =>
        (int)((resource.Allocation is { } shares ? Math.Min(MaxShare, shares.LongTerm) : MaxShare) * resource.Budget.InputBudget());

    /// <summary>Merges.</summary>
    public static Snapshot Merge(
        Snapshot previous, Summary summary, long firstSequence, long lastSequence, int maxTokens, ITokenCounter counter, string? model)
    {
        var snapshot = new Snapshot(
            [.. previous.Episodes, new(firstSequence, lastSequence, summary.Episode)],
            [.. previous.Facts, .. summary.Facts],
            TopicRanking.Merge([summary.Topics, previous.Topics]));
        while (SnapshotText.Tokens(snapshot, counter, model) > maxTokens && snapshot.Episodes.Count > 0)
        {
            snapshot = snapshot with { Episodes = [.. snapshot.Episodes.Skip(1)] };
        }

        return SnapshotText.Tokens(snapshot, counter, model) > maxTokens ? Snapshot.Empty : snapshot;
    }
}
