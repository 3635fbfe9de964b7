namespace Granary.Llm.Agents;

/// <summary>Bounds of the loop in which a model calls tools.</summary>
public sealed class ToolLoopOptions
{
    /// <summary>Tools of one answer that run at once, 1 or more; 4 by default.</summary>
    public int MaxParallelTools { get; init; } = 4;

    /// <summary>How long a tool may take before the model is told that it failed, above zero; 60 seconds by default.</summary>
    public TimeSpan ToolTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Characters of a result that the model gets at the most, 1 or more; 16,384 by default (about 4,000 tokens).</summary>
    public int MaxResultCharacters { get; init; } = 16_384;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxParallelTools, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ToolTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxResultCharacters, 1);
    }
}
