using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary>Answer of <c>POST /sessions/start</c>.</summary>
public sealed record StartSessionResponse
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its user.</summary>
    public required string UserId { get; init; }

    /// <summary>Its agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>Its turns that are not folded.</summary>
    public required IReadOnlyList<ContextTurn> ActiveContext { get; init; }

    /// <summary>What was folded, in words.</summary>
    public required string CumulativeSummary { get; init; }

    /// <summary>What is known about the user: the profile, or else the insights that matter most.</summary>
    public IReadOnlyList<ContextInsight> Insights { get; set; } = [];

    /// <summary>The user's latest completed sessions with the same agent, the youngest first.</summary>
    public IReadOnlyList<SessionSummaryView> SessionSummaries { get; set; } = [];

    /// <summary>All of it as one text.</summary>
    public string FormattedContext { get; set; } = "";

    /// <summary>Whether it existed and was active.</summary>
    public required bool Restored { get; init; }

    /// <summary>The completed session that this new one follows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PreviousSessionId { get; init; }

    /// <summary>The compaction epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>The sequence of the last message.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Turns since the session began.</summary>
    public required int TurnCount { get; init; }
}

/// <summary>Answer of <c>POST /sessions/end</c>.</summary>
/// <param name="Status"><c>success</c>.</param>
/// <param name="Message">The same in words.</param>
/// <param name="SummaryGenerated">Whether there was anything to summarize.</param>
/// <param name="Summary">The session in words.</param>
/// <param name="KeyTopics">The words that it was about.</param>
/// <param name="TurnsCount">Its turns.</param>
public sealed record EndSessionResponse(
    string Status, string Message, bool SummaryGenerated, string Summary, IReadOnlyList<string> KeyTopics, int TurnsCount)
{
    /// <summary>Why the summary was made by extraction although a model was to make it, or null; also null where the session had been ended before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SummaryFallback { get; init; }

    /// <summary>Insights about the user that the session brought, all of its reflections together.</summary>
    public int InsightsCount { get; init; }

    /// <summary>Whether this end was the one after which what is known of the user is put together anew.</summary>
    public bool SynthesisTriggered { get; init; }
}

/// <summary>Answer of <c>GET /sessions</c>.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Sessions">The sessions, the youngest first.</param>
/// <param name="Count">How many there are in this answer.</param>
/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
public sealed record SessionsResponse(string UserId, IReadOnlyList<SessionListing> Sessions, int Count, string? Next);

/// <summary>Answer of <c>POST /sessions/import</c>.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="UserId">Its user.</param>
/// <param name="Messages">Messages taken.</param>
/// <param name="LastSequence">The sequence of the last message.</param>
public sealed record ImportResponse(string SessionId, string UserId, long Messages, long LastSequence);
