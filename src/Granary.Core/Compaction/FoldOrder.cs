namespace Granary.Core.Compaction;

/// <summary>The order in which blocks are folded.</summary>
internal static class FoldOrder
{
    /// <summary>Sorts by the eviction policy's order, or by the strategy's own where the policy leaves it to it. Ties go by position.</summary>
    public static IEnumerable<FoldCandidate> Sort(List<FoldCandidate> candidates, CompactionStrategy strategy, EvictionPolicy eviction) =>
        (eviction.Order, strategy) switch
        {
            (EvictionOrder.Priority, _) => candidates.OrderBy(block => block.Importance).ThenBy(block => block.Block.First),
            (EvictionOrder.Lru, _) or (EvictionOrder.Strategy, CompactionStrategy.Lru) =>
                candidates.OrderBy(block => block.LastAccess).ThenBy(block => block.Block.First),
            (EvictionOrder.Strategy, CompactionStrategy.TokenAwareLru) =>
                candidates.OrderBy(block => block.LastAccess).ThenByDescending(block => block.Block.Tokens).ThenBy(block => block.Block.First),
            _ => candidates,
        };
}
