namespace Granary.Core.Compaction;

/// <summary>What a compaction will fold.</summary>
/// <param name="Strategy">What chose it.</param>
/// <param name="Folded">The sequences to fold, ascending; whole blocks, never a system message.</param>
public sealed record CompactionPlan(CompactionStrategy Strategy, IReadOnlyList<long> Folded);
