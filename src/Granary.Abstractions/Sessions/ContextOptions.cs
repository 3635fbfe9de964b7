namespace Granary;

/// <summary>How to read a session's context.</summary>
public sealed record ContextOptions
{
    /// <summary>The default: all of it.</summary>
    public static ContextOptions Default { get; } = new();

    /// <summary>
    /// Fit the context into this many tokens (1 or more), or null for all of it. System messages stay; whole blocks are left out from the
    /// oldest on, then facts and episodes of the snapshot by salience and age.
    /// </summary>
    public int? MaxTokens { get; init; }
}
