using System.Text.Json.Serialization;

namespace Granary;

/// <summary>A session's state.</summary>
public sealed record SessionInfo
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its user.</summary>
    public required string UserId { get; init; }

    /// <summary>Its agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>The memory resource that it was created with.</summary>
    public required string Resource { get; init; }

    /// <summary>The revision of the resource that it uses.</summary>
    public required long ResourceRevision { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended, or null.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>When its last message was stored, or else when it began.</summary>
    public required DateTimeOffset LastUpdated { get; init; }

    /// <summary>The sequence of the last message, 0 if there is none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Turns since the session began.</summary>
    public required int TurnCount { get; init; }

    /// <summary>Messages since the session began.</summary>
    public required long MessageCount { get; init; }

    /// <summary>Tokens of all messages since the session began, estimated.</summary>
    public required long TotalTokens { get; init; }

    /// <summary>Messages since the session began, by role.</summary>
    public required IReadOnlyDictionary<string, long> RoleDistribution { get; init; }

    /// <summary>The compaction epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Messages of the context that are not folded.</summary>
    public required int ActiveMessages { get; init; }

    /// <summary>Tokens of the context and of the budget.</summary>
    public required TokenUsage TokenUsage { get; init; }

    /// <summary>What was folded, in words.</summary>
    public required string CumulativeSummary { get; init; }

    /// <summary>The words that the session is about.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>The completed session that this one follows, or null.</summary>
    public string? PreviousSessionId { get; init; }

    /// <summary>Health of the session.</summary>
    public required SessionHealth Health { get; init; }

    /// <summary>The session's ETag: last sequence and resource revision.</summary>
    [JsonPropertyName("etag")]
    public required string ETag { get; init; }
}
