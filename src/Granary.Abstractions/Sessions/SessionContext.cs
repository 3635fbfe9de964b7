using System.Text.Json.Serialization;

namespace Granary;

/// <summary>What a model should see of a session now. Immutable; the same instance is returned until the session changes.</summary>
public sealed record SessionContext
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its user.</summary>
    public required string UserId { get; init; }

    /// <summary>Its agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>Whether the session's resource refuses appends (<see cref="ErrorCodes.ReadOnly"/>).</summary>
    [JsonIgnore]
    public bool ReadOnly { get; init; }

    /// <summary>What the session's resource redacts before it stores; null for nothing.</summary>
    [JsonIgnore]
    public PrivacyPolicy? Privacy { get; init; }

    /// <summary>The compaction epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The sequence of the last message, 0 if there is none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Turns since the session began, folded ones included.</summary>
    public required int TurnCount { get; init; }

    /// <summary>The turns that are not folded, oldest first, one entry each.</summary>
    public required IReadOnlyList<ContextTurn> ActiveContext { get; init; }

    /// <summary>The same, ready for a model: system messages, the snapshot, then the turns; each tool call followed by its result.</summary>
    public required IReadOnlyList<ModelMessage> Messages { get; init; }

    /// <summary>What was folded, in words; empty before the first compaction.</summary>
    public required string CumulativeSummary { get; init; }

    /// <summary>Tokens of the context and of the budget.</summary>
    public required TokenUsage Tokens { get; init; }

    /// <summary>Messages left out because of <see cref="ContextOptions.MaxTokens"/>.</summary>
    public int OmittedMessages { get; init; }

    /// <summary>The session's ETag.</summary>
    public required string ETag { get; init; }
}

/// <summary>A turn of the context.</summary>
/// <param name="Turn">Its number; 0 is what came before the first user message.</param>
/// <param name="Messages">Its messages that are not folded, in order.</param>
public sealed record ContextTurn(int Turn, IReadOnlyList<Message> Messages);
