using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary><c>POST /memory/retrieve</c>.</summary>
public sealed record RetrieveRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session that asks: what it says now is looked at first. It must exist; null for none.</summary>
    public string? SessionId { get; init; }

    /// <summary>What to look for, in words.</summary>
    public string? Query { get; init; }

    /// <summary>How many of each kind of thing, 1 to 100; null for 5. At most three times as many facts are answered.</summary>
    public int? TopK { get; init; }

    /// <summary>Only what belongs to this agent; null for the session's, or any without a session.</summary>
    public string? AgentId { get; init; }

    /// <summary>Whether a model is to write an answer; null for yes where one is configured.</summary>
    public bool? Answer { get; init; }
}

/// <summary>Answer of <c>POST /memory/retrieve</c>.</summary>
public sealed record RetrieveResponse
{
    /// <summary>What was looked for.</summary>
    public required string Query { get; init; }

    /// <summary>What is known, a text each: of the live session, of earlier conversations, of sessions' summaries, of insights, in this order.</summary>
    public required IReadOnlyList<string> Facts { get; init; }

    /// <summary>How many facts.</summary>
    public required int Count { get; init; }

    /// <summary>Where each fact is from, in the order of the facts.</summary>
    public required IReadOnlyList<RetrievedSource> Sources { get; init; }

    /// <summary>What a model makes of the facts; left out where no model is configured for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Answer { get; init; }

    /// <summary>Why the answer is only the facts although a model was to write it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AnswerFallback { get; init; }
}

/// <summary>Where a retrieved fact is from.</summary>
/// <param name="Id">The id to read it by, or null for the live session.</param>
/// <param name="Kind"><c>session</c> for the live session, <c>turn</c>, or the record's kind.</param>
/// <param name="SessionId">The session, or null.</param>
/// <param name="Score">How well it fits, 0 to 1; comparable within one kind.</param>
public sealed record RetrievedSource(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SessionId,
    double Score)
{
    /// <summary>When it happened, or else was stored; left out for the live session.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Timestamp { get; init; }
}

/// <summary><c>POST /insights</c>.</summary>
public sealed record InsightsRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>Whether only those of the last 30 days.</summary>
    public bool RecentOnly { get; init; }

    /// <summary>Only those of this agent.</summary>
    public string? AgentId { get; init; }

    /// <summary>How many at the most, 1 to 1,000; null for 100.</summary>
    public int? Limit { get; init; }
}

/// <summary>Answer of <c>POST /insights</c> and <c>GET /users/{user_id}/insights</c>.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Insights">The insights, the youngest first.</param>
/// <param name="Count">How many there are in this answer.</param>
public sealed record InsightsResponse(string UserId, IReadOnlyList<InsightView> Insights, int Count);

/// <summary>An insight about a user.</summary>
public sealed record InsightView
{
    /// <summary>The record's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its short name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Label { get; init; }

    /// <summary>The insight in words.</summary>
    public required string Content { get; init; }

    /// <summary>Its category.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Category { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    public required double Confidence { get; init; }

    /// <summary>How much it matters.</summary>
    public required MemoryImportance Importance { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The session that it came from last, or null.</summary>
    public required string? SessionId { get; init; }

    /// <summary>The agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>How often it was of use.</summary>
    public required int AccessCount { get; init; }
}

/// <summary>What is known about a user from before a session, as its context has it.</summary>
/// <param name="Content">The text.</param>
/// <param name="Type"><c>longterm</c>.</param>
/// <param name="Category">The category of an insight.</param>
/// <param name="MemoryId">The record.</param>
public sealed record ContextInsight(
    string Content,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Category,
    string MemoryId);

/// <summary>An earlier session in words.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Summary">What it was about.</param>
/// <param name="Timestamp">When it ended.</param>
/// <param name="Topics">The words that it was about.</param>
public sealed record SessionSummaryView(string SessionId, string Summary, DateTimeOffset Timestamp, IReadOnlyList<string> Topics);
