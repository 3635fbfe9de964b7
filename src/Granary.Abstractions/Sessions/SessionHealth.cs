namespace Granary;

/// <summary>Whether a session's memory works as its resource says.</summary>
public sealed record SessionHealth
{
    /// <summary>False while compaction keeps failing or the context is larger than its budget.</summary>
    public required bool Healthy { get; init; }

    /// <summary>The compaction strategy in force; <c>flush_pending</c> while a compaction runs.</summary>
    public required string ActualStrategy { get; init; }

    /// <summary>When the last compaction was applied, or null.</summary>
    public DateTimeOffset? LastFlush { get; init; }

    /// <summary>Compactions that failed since the last success.</summary>
    public required int ConsecutiveFailures { get; init; }

    /// <summary>Why the last compaction failed, or null.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Tokens of the context.</summary>
    public required int CurrentTokens { get; init; }

    /// <summary>Messages of the context that are not folded.</summary>
    public required int MessageCount { get; init; }
}
