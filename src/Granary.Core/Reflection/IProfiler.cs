namespace Granary.Core.Reflection;

/// <summary>Makes one text of many insights. Runs outside every actor; may take its time.</summary>
public interface IProfiler
{
    /// <summary>What several insights have in common.</summary>
    /// <param name="insights">3 or more insights, the youngest first.</param>
    /// <param name="category">The category that they share, or null.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<SynthesizedText> FindPatternAsync(IReadOnlyList<MemoryRecord> insights, string? category, CancellationToken cancellationToken = default);

    /// <summary>The user in 150 to 250 words, or in fewer where less is known. Where memories contradict each other the younger holds.</summary>
    /// <param name="memories">Insights and facts, the youngest first.</param>
    /// <param name="previous">The profile so far, or null.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<SynthesizedText> WriteProfileAsync(IReadOnlyList<MemoryRecord> memories, string? previous, CancellationToken cancellationToken = default);
}

/// <summary>A text made of memories.</summary>
/// <param name="Text">The text; empty where there is nothing to say.</param>
/// <param name="Confidence">How sure it is, 0 to 1.</param>
/// <param name="Deterministic">Whether it was made without a model.</param>
/// <param name="Fallback">Why it was made without a model although one was to make it, or null.</param>
public sealed record SynthesizedText(string Text, double Confidence, bool Deterministic, string? Fallback = null);
