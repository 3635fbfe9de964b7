namespace Granary.Wire;

/// <summary><c>POST /memory/store</c>, and an item of <c>POST /memory/store/batch</c>: a turn.</summary>
public sealed record StoreTurnRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session; created if it does not exist.</summary>
    public string? SessionId { get; init; }

    /// <summary>The agent of a session that this creates.</summary>
    public string? AgentId { get; init; }

    /// <summary>The memory resource of a session that this creates.</summary>
    public string? Resource { get; init; }

    /// <summary>What the user said.</summary>
    public string? UserMessage { get; init; }

    /// <summary>What the agent answered.</summary>
    public string? AgentMessage { get; init; }

    /// <summary>When it was said (ISO 8601; UTC where it has no offset).</summary>
    [System.Text.Json.Serialization.JsonConverter(typeof(Serialization.UtcTimeConverter))]
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>In a batch: the item's idempotency key. Elsewhere the header <c>Idempotency-Key</c> (both, if given, must agree).</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary><c>POST /memory/store/batch</c>.</summary>
public sealed record StoreBatchRequest
{
    /// <summary>The user of turns that name none.</summary>
    public string? UserId { get; init; }

    /// <summary>The session of turns that name none.</summary>
    public string? SessionId { get; init; }

    /// <summary>1 to 100 turns.</summary>
    public IReadOnlyList<StoreTurnRequest>? Turns { get; init; }
}

/// <summary>Which form of a context to answer.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(Serialization.SnakeCaseEnumConverter<ContextFormat>))]
public enum ContextFormat
{
    /// <summary><c>active_context</c> only.</summary>
    Turns,

    /// <summary><c>messages</c> only.</summary>
    Messages,

    /// <summary><c>formatted_context</c> only: the context as one text, with what is known from before the session.</summary>
    Text,
}

/// <summary><c>POST /memory/context</c>, and an item of <c>POST /memory/context/batch</c>.</summary>
public sealed record ContextRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Fit the context into this many tokens.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The form; null for all of them.</summary>
    public ContextFormat? Format { get; init; }

    /// <summary>
    /// Whether to add what is known from before the session: insights and session summaries. Null for yes where the form is text or all of them and
    /// <see cref="MaxTokens"/> is not given, for no otherwise.
    /// </summary>
    public bool? LongTerm { get; init; }

    /// <summary>Whether to look for what may help in the user's memory if the conversation calls for it; null for as the service is configured.</summary>
    public bool? Enrich { get; init; }
}

/// <summary><c>POST /memory/context/batch</c>.</summary>
public sealed record ContextBatchRequest
{
    /// <summary>The user of items that name none.</summary>
    public string? UserId { get; init; }

    /// <summary>1 to 100 sessions.</summary>
    public IReadOnlyList<ContextRequest>? Sessions { get; init; }
}

/// <summary><c>POST /summaries</c>.</summary>
public sealed record SummariesRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>How many sessions at the most, 1 to 100; null for the service's default (5 unless it is configured).</summary>
    public int? Limit { get; init; }
}
