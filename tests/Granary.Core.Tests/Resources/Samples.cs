namespace Granary.Core.Tests.Resources;

internal static class Samples
{
    /// <summary>A valid resource in which nothing has its default.</summary>
    public static MemoryResource Everything { get; } = new()
    {
        Name = "support",
        Description = "Of the support desk.",
        Revision = 3,
        Budget = new BudgetPolicy { Model = "m", ContextTokens = 16_000, OutputTokens = 1_000, SafetyTokens = 0, TriggerRatio = 0.5 },
        Compaction = new CompactionPolicy
        {
            Strategy = CompactionStrategy.TokenAwareLru, TurnBuffer = 2, RetainTurns = 3, MaxMessages = 40, MaxTokens = 4_000, Threshold = 1,
            SummaryTokens = 300, SummarizeOldest = 0.5,
        },
        Allocation = new AllocationPolicy(0.1, 0.2, 0.6, 0.1),
        Eviction = new EvictionPolicy { Order = EvictionOrder.Priority, PriorityKeywords = ["refund"] },
        Privacy = new PrivacyPolicy { RedactPatterns = [@"\d{16}"], NonPersistableRoles = [MessageRole.Tool], RedactionString = "***" },
        Retention = new RetentionPolicy { EndAfterIdleDays = 7, EraseAfterDays = 30 },
        KeyTemplate = "support:{{customer}}",
        ReadOnly = true,
    };

    public static MemoryResource Named(string name, string? description = null) => new() { Name = name, Description = description };
}
