namespace Granary.Benchmarks.Shared;

/// <summary>The turns that benchmarks store.</summary>
internal static class SampleTurns
{
    /// <summary>A resource that never folds, for sessions of more turns than the turn buffer.</summary>
    public const string Unfolded = "unfolded";

    public static readonly MemoryResource UnfoldedResource = new()
    {
        Name = Unfolded,
        Budget = new BudgetPolicy { ContextTokens = 100_000_000, OutputTokens = 0, SafetyTokens = 0 },
        Compaction = new CompactionPolicy { TurnBuffer = null },
    };

    public static AppendRequest Turn(int number, string? resource = Unfolded) => new()
    {
        Resource = resource,
        Messages =
        [
            new Message { Role = MessageRole.User, Content = $"Question {number}: could you move the meeting with the Lisbon office to Thursday at 14:30, please?" },
            new Message { Role = MessageRole.Assistant, Content = $"Answer {number}: done. The meeting with the Lisbon office is on Thursday at 14:30 now; I told Maria and Tom and moved the room." },
        ],
    };
}
