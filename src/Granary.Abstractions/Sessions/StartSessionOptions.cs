namespace Granary;

/// <summary>How to start or restore a session.</summary>
public sealed record StartSessionOptions
{
    /// <summary>The session's id, or null for a new one (or one made by <see cref="KeyValues"/>).</summary>
    public string? SessionId { get; init; }

    /// <summary>Values for the key template of <see cref="Resource"/>; used when <see cref="SessionId"/> is null.</summary>
    public IReadOnlyDictionary<string, string>? KeyValues { get; init; }

    /// <summary>The agent that the session belongs to; a restored session keeps its own.</summary>
    public string? AgentId { get; init; }

    /// <summary>The memory resource to create the session with; a restored session keeps its own.</summary>
    public string? Resource { get; init; }

    /// <summary>
    /// With an id that exists: true restores an active session, and starts a new one that follows a completed session;
    /// false refuses with <see cref="ConflictException"/>.
    /// </summary>
    public bool Restore { get; init; } = true;

    /// <summary>A system message to begin a new session with.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>The session that a new one follows. Set by the cluster.</summary>
    public string? PreviousSessionId { get; init; }
}
