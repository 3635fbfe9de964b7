using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary>Answer of <c>POST /memory/store</c>.</summary>
/// <param name="Status"><c>success</c>.</param>
/// <param name="Message">The same in words.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Turn">The turn that was stored.</param>
/// <param name="FirstSequence">The sequence of the user's message.</param>
/// <param name="LastSequence">The sequence of the agent's message.</param>
/// <param name="Messages">Id and sequence of both.</param>
public sealed record StoreTurnResponse(
    string Status, string Message, string SessionId, int Turn, long FirstSequence, long LastSequence, IReadOnlyList<AppendedMessage> Messages);

/// <summary>Answer of <c>POST /memory/context</c>. What the asked form does not have is left out.</summary>
public sealed record ContextResponse
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its user.</summary>
    public required string UserId { get; init; }

    /// <summary>Its turns that are not folded, one entry each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ContextTurn>? ActiveContext { get; init; }

    /// <summary>The same, ready for a model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModelMessage>? Messages { get; init; }

    /// <summary>All of it as one text, with what is known from before the session.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FormattedContext { get; init; }

    /// <summary>What is known about the user: the profile, or else the insights that matter most.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ContextInsight>? Insights { get; init; }

    /// <summary>The user's latest completed sessions with the same agent, the youngest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SessionSummaryView>? SessionSummaries { get; init; }

    /// <summary>Why insights and session summaries are missing, where the user's memory could not be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LongTermError { get; init; }

    /// <summary>What was recalled for the conversation, where enrichment is on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Enrichment? Enrichment { get; init; }

    /// <summary>What was folded, in words.</summary>
    public required string CumulativeSummary { get; init; }

    /// <summary>The compaction epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>The sequence of the last message.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Turns since the session began.</summary>
    public required int TurnCount { get; init; }

    /// <summary>Tokens of the context.</summary>
    public required int TokenCount { get; init; }

    /// <summary>Tokens of the context by part, and of the budget.</summary>
    public required TokenUsage Tokens { get; init; }

    /// <summary>Messages left out because of <c>max_tokens</c>.</summary>
    public required int OmittedMessages { get; init; }
}

/// <summary>What auto-enrichment did for a context.</summary>
public sealed record Enrichment
{
    /// <summary>Whether memory was found to be needed.</summary>
    public required bool NeedsMemory { get; init; }

    /// <summary>Who decided: <c>model</c> or <c>keywords</c>.</summary>
    public required string DecidedBy { get; init; }

    /// <summary>What was looked for; left out where nothing was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Query { get; init; }

    /// <summary>What was found, the best first.</summary>
    public required IReadOnlyList<RecalledMemory> Memories { get; init; }

    /// <summary>What went wrong, if anything; the context is whole without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <summary>Answer of <c>POST /summaries</c>.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Summaries">The sessions, the youngest first.</param>
/// <param name="Count">How many.</param>
public sealed record SummariesResponse(string UserId, IReadOnlyList<SessionListing> Summaries, int Count);

/// <summary>Answer of <c>POST /memory/store/batch</c>.</summary>
/// <param name="Results">One for each turn, in order.</param>
/// <param name="Stored">How many were stored.</param>
/// <param name="Failed">How many were not.</param>
public sealed record StoreBatchResponse(IReadOnlyList<StoreBatchItem> Results, int Stored, int Failed);

/// <summary>A turn's outcome: a result or a problem.</summary>
/// <param name="Result">What was stored.</param>
/// <param name="Problem">Why it was not.</param>
public sealed record StoreBatchItem(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoreTurnResponse? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Problem? Problem = null);

/// <summary>Answer of <c>POST /memory/context/batch</c>.</summary>
/// <param name="Results">One for each session, in order.</param>
public sealed record ContextBatchResponse(IReadOnlyList<ContextBatchItem> Results);

/// <summary>A session's outcome: a result or a problem.</summary>
/// <param name="Result">Its context.</param>
/// <param name="Problem">Why there is none.</param>
public sealed record ContextBatchItem(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ContextResponse? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Problem? Problem = null);
