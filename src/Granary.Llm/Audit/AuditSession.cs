namespace Granary.Llm.Audit;

/// <summary>What is kept of one call of a model: who called, what it took, how it ended. Never what was said.</summary>
/// <remarks>
/// The text of a turn lives in its session and nowhere else, redacted and erased with it; a record only says which of the session's messages
/// were the call's (<see cref="FirstSequence"/> to <see cref="LastSequence"/>).
/// </remarks>
public sealed record AuditSession
{
    /// <summary>The tenant.</summary>
    public required string Tenant { get; init; }

    /// <summary>The user, or null for a call that names none.</summary>
    public string? User { get; init; }

    /// <summary>The session, or null for a call without memory.</summary>
    public string? Session { get; init; }

    /// <summary>The agent.</summary>
    public string Agent { get; init; } = Ids.DefaultAgent;

    /// <summary>The model, as it was asked for or, better, as the provider says who answered; at most 256 characters are kept.</summary>
    public required string Model { get; init; }

    /// <summary>The provider that answered or failed last; null if none was asked.</summary>
    public string? Provider { get; init; }

    /// <summary>What the call was for.</summary>
    public AuditKind Kind { get; init; }

    /// <summary>Tokens as the provider reports them; null where it did not.</summary>
    public ChatUsage? Usage { get; init; }

    /// <summary>US dollars; null: worked out by the log from <see cref="Usage"/> and the model's prices, and unknown where those are.</summary>
    public decimal? Cost { get; init; }

    /// <summary>From the call to its first token; null where there was none or the answer came whole.</summary>
    public TimeSpan? TimeToFirstToken { get; init; }

    /// <summary>Tools that the model called.</summary>
    public int ToolCalls { get; init; }

    /// <summary>How it ended.</summary>
    public AuditOutcome Outcome { get; init; }

    /// <summary>Why it failed: a stable code or a status, never a text of the provider's that may quote the prompt; at most 128 characters are kept.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Whether the answer came in pieces.</summary>
    public bool Streaming { get; init; }

    /// <summary>When the call began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its answer was whole, or the call was over.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The session's first message that this call added, or null where it added none.</summary>
    public long? FirstSequence { get; init; }

    /// <summary>The session's last message that this call added, or null where it added none.</summary>
    public long? LastSequence { get; init; }

    /// <summary>When they were durable, or null where it added none. Tells the session from one that was started under its id after it was erased.</summary>
    public DateTimeOffset? StoredAt { get; init; }

    /// <summary>How long the call took.</summary>
    public TimeSpan Latency => EndedAt > StartedAt ? EndedAt - StartedAt : TimeSpan.Zero;
}
