namespace Granary.Core.Tests.Compaction;

internal static class Policies
{
    /// <summary>As the default resource is configured: five turns beyond the last four.</summary>
    public static MemoryResource Default { get; } = Of(new() { TurnBuffer = 5 });

    public static MemoryResource Of(CompactionPolicy policy, int budget = BudgetPolicy.DefaultInputTokens, EvictionOrder order = EvictionOrder.Strategy) => new()
    {
        Name = "test",
        Compaction = policy,
        Budget = new() { ContextTokens = budget, SafetyTokens = 0 },
        Eviction = new() { Order = order },
    };
}
