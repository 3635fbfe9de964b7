using System.Text.Json.Serialization;

namespace Granary.Llm.Audit;

/// <summary>A record of a call as it is stored and listed. Times are UTC; its id is also the order of the calls of a day.</summary>
public sealed record AuditCall
{
    private const int MaxModel = 256;
    private const int MaxProvider = 128;
    private const int MaxErrorCode = 128;

    /// <summary>The record's id.</summary>
    public required string Id { get; init; }

    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session.</summary>
    public string? SessionId { get; init; }

    /// <summary>The agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The provider.</summary>
    public string? Provider { get; init; }

    /// <summary>What the call was for.</summary>
    public AuditKind Kind { get; init; }

    /// <summary>Tokens of the prompt, those from a cache included; null where the provider did not say.</summary>
    public int? InputTokens { get; init; }

    /// <summary>Tokens of the answer, reasoning included.</summary>
    public int? OutputTokens { get; init; }

    /// <summary>Of the prompt, tokens read from the provider's cache.</summary>
    public int CachedInputTokens { get; init; }

    /// <summary>Of the answer, tokens of reasoning.</summary>
    public int ReasoningTokens { get; init; }

    /// <summary>US dollars, or null where a price is not known.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Milliseconds that the call took.</summary>
    public double LatencyMs { get; init; }

    /// <summary>Milliseconds to the first token of an answer that came in pieces.</summary>
    public double? FirstTokenMs { get; init; }

    /// <summary>Tools that the model called.</summary>
    public int ToolCalls { get; init; }

    /// <summary>How it ended.</summary>
    public AuditOutcome Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Whether the answer came in pieces.</summary>
    public bool Streaming { get; init; }

    /// <summary>When the call began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was over.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>The session's first message that the call added.</summary>
    public long? FirstSequence { get; init; }

    /// <summary>The session's last message that the call added.</summary>
    public long? LastSequence { get; init; }

    /// <summary>When these were durable.</summary>
    public DateTimeOffset? StoredAt { get; init; }

    /// <summary>The tenant: the partition says it, so that it is not in the document.</summary>
    [JsonIgnore]
    public string Tenant { get; init; } = "";

    /// <summary>The day to whose totals the call belongs.</summary>
    [JsonIgnore]
    internal DateOnly Day => DateOnly.FromDateTime(EndedAt.UtcDateTime);

    /// <summary>The record of a call, with the fields of free text cut to a length that the store's limits allow for.</summary>
    /// <exception cref="InvalidRequestException">An id breaks the grammar of ids.</exception>
    internal static AuditCall Of(AuditSession session, string id, decimal? cost) => new()
    {
        Id = id,
        Tenant = Ids.Require(session.Tenant, "tenant_id"),
        UserId = session.User is null ? null : Ids.Require(session.User, "user_id"),
        SessionId = session.Session is null ? null : Ids.Require(session.Session, "session_id"),
        AgentId = Ids.Require(session.Agent, "agent_id"),
        Model = Cut(session.Model, MaxModel)!,
        Provider = Cut(session.Provider, MaxProvider),
        Kind = session.Kind,
        InputTokens = session.Usage?.InputTokens,
        OutputTokens = session.Usage?.OutputTokens,
        CachedInputTokens = session.Usage?.CachedInputTokens ?? 0,
        ReasoningTokens = session.Usage?.ReasoningTokens ?? 0,
        Cost = cost,
        LatencyMs = Math.Round(session.Latency.TotalMilliseconds, 3),
        FirstTokenMs = session.TimeToFirstToken is { } first ? Math.Round(first.TotalMilliseconds, 3) : null,
        ToolCalls = session.ToolCalls,
        Outcome = session.Outcome,
        ErrorCode = Cut(session.ErrorCode, MaxErrorCode),
        Streaming = session.Streaming,
        StartedAt = session.StartedAt.ToUniversalTime(),
        EndedAt = session.EndedAt.ToUniversalTime(),
        FirstSequence = session.FirstSequence,
        LastSequence = session.LastSequence,
        StoredAt = session.StoredAt?.ToUniversalTime(),
    };

    // A pair of surrogates is not cut in two.
    private static string? Cut(string? text, int length) =>
        text is null || text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
