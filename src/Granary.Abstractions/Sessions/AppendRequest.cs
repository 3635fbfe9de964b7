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

    /// <summary>The agent of a session that this append creates.</summary>
    public string? AgentId { get; init; }

    /// <summary>The memory resource of a session that this append creates.</summary>
    public string? Resource { get; init; }
}
