using System.Text.Json.Serialization;

namespace Granary;

/// <summary>What a compaction did, or would do.</summary>
public sealed record CompactResult
{
    /// <summary>Whether nothing went wrong; a session below its trigger is a success that folds nothing.</summary>
    public required bool Success { get; init; }

    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Whether a summary was made.</summary>
    public required bool SummaryGenerated { get; init; }

    /// <summary>Why the summary was made by extraction although a model was to make it, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SummaryFallback { get; init; }

    /// <summary>Messages of the context that are not folded afterwards.</summary>
    public required int MessageCount { get; init; }

    /// <summary>Tokens of the context afterwards.</summary>
    public required int TokenCount { get; init; }

    /// <summary>Messages that were (or would be) folded.</summary>
    public required int FoldedMessages { get; init; }

    /// <summary>Whether this was a dry run.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Whether there was something to fold.</summary>
    public required bool WouldFlush { get; init; }

    /// <summary>The strategy that chose what to fold.</summary>
    public required CompactionStrategy ActualStrategy { get; init; }

    /// <summary>The epoch afterwards.</summary>
    public required int Epoch { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }
}
