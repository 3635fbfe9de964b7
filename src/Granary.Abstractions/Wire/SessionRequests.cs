using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary><c>POST /sessions/start</c>.</summary>
public sealed record StartSessionRequest
{
    /// <summary>The user; from the credential or <c>X-User-ID</c> where it is left out.</summary>
    public string? UserId { get; init; }

    /// <summary>The session, or null for a new one.</summary>
    public string? SessionId { get; init; }

    /// <summary>The agent of a new session.</summary>
    public string? AgentId { get; init; }

    /// <summary>
    /// With an id that exists: true restores an active session, and starts a new one that follows a completed session; false is refused.
    /// Settable, because generated readers would set an init-only one that is left out to false.
    /// </summary>
    public bool Restore { get; set; } = true;

    /// <summary>The memory resource of a new session.</summary>
    public string? Resource { get; init; }

    /// <summary>Values for the resource's key template.</summary>
    public IReadOnlyDictionary<string, string>? KeyValues { get; init; }

    /// <summary>A system message to begin a new session with.</summary>
    public string? SystemPrompt { get; init; }
}

/// <summary><c>POST /sessions/end</c>.</summary>
public sealed record EndSessionRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session.</summary>
    public string? SessionId { get; init; }
}

/// <summary><c>POST /sessions/{session_id}/messages</c>.</summary>
public sealed record AppendMessagesRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The agent of a session that this creates.</summary>
    public string? AgentId { get; init; }

    /// <summary>The memory resource of a session that this creates.</summary>
    public string? Resource { get; init; }

    /// <summary>1 to 100 messages.</summary>
    public IReadOnlyList<Message>? Messages { get; init; }

    /// <summary>The first message of the last turn's answer, which these take the place of; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Supersedes { get; init; }
}

/// <summary><c>POST /sessions/{session_id}/compact</c>.</summary>
public sealed record CompactRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>Compact even if the trigger is not reached.</summary>
    public bool Force { get; init; }

    /// <summary>Only tell what would happen.</summary>
    public bool DryRun { get; init; }

    /// <summary>Use this strategy instead of the resource's.</summary>
    public CompactionStrategy? Strategy { get; init; }

    /// <summary>Use this trigger share instead of the resource's.</summary>
    public double? Threshold { get; init; }
}

/// <summary><c>POST /sessions/{session_id}/clear</c>.</summary>
public sealed record ClearRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>Must be true.</summary>
    public bool Confirm { get; init; }
}
