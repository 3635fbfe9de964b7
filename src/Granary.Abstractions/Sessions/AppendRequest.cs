namespace Granary;

/// <summary>Messages to append to a session, all or none.</summary>
public sealed record AppendRequest
{
    /// <summary>1 to <see cref="MessageLimits.MaxMessages"/> messages; <see cref="Message.Sequence"/> and <see cref="Message.Turn"/> are given by the session.</summary>
    public required IReadOnlyList<Message> Messages { get; init; }

    /// <summary>
    /// Makes the append safe to repeat within the session: 1 to 255 visible ASCII characters. Without one, an append whose messages all carry
    /// ids is recognised by those.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The ETag that the session must have, or null for any.</summary>
    public string? IfMatch { get; init; }

    /// <summary>
    /// The sequence of the first message of the last turn's answer, which these messages take the place of (a regeneration); null for none. All from
    /// there to the end of the session is superseded: it leaves the context for good and stays in the history, marked. System messages among
    /// it stay. The answer is what follows the last user message, and nothing of the turn may be folded; otherwise the append is refused with
    /// <see cref="ErrorCodes.NotLastAnswer"/>. Sequences go on, and messages without a user message among them belong to the same turn.
    /// </summary>
    public long? Supersedes { get; init; }

    /// <summary>The agent of a session that this append creates.</summary>
    public string? AgentId { get; init; }

    /// <summary>The memory resource of a session that this append creates.</summary>
    public string? Resource { get; init; }
}
