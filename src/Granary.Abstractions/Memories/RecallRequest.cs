using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>How to look for what fits.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RecallMode>))]
public enum RecallMode
{
    /// <summary>By words, and by vectors where an embedder is configured.</summary>
    Auto,

    /// <summary>By words only.</summary>
    Keyword,

    /// <summary>By vectors only; by words where there is no embedder.</summary>
    Vector,

    /// <summary>As <see cref="Auto"/>.</summary>
    Hybrid,
}

/// <summary>What to recall of a user.</summary>
public sealed record RecallRequest
{
    /// <summary>What to look for, in words. At most 8,192 characters.</summary>
    public required string Query { get; init; }

    /// <summary>How many hits at the most, 1 to <see cref="MemoryLimits.MaxRecall"/>.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Only these.</summary>
    public MemoryFilter Filter { get; init; } = new();

    /// <summary>How to look.</summary>
    public RecallMode Mode { get; init; }

    /// <summary>Whether messages of sessions are looked through.</summary>
    public bool Turns { get; init; } = true;

    /// <summary>
    /// Whether memory records are looked through. Where turns are too, and the filter names neither kinds nor metadata, records that only repeat turns are
    /// left out: those of <see cref="MemoryOrigin.Repeated"/>, and no others.
    /// </summary>
    public bool Records { get; init; } = true;

    /// <summary>Tokens that the hits together may have, or null for any. Hits that do not fit are left out, the best first kept.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Only hits of at least this score, 0 to 1.</summary>
    public double MinScore { get; init; }

    /// <summary>Whether to rank sessions: one hit for each, its best, in the order of the sessions' scores.</summary>
    public bool GroupBySession { get; init; }

    /// <summary>Whether records that were found count as used.</summary>
    public bool Touch { get; init; }
}

/// <summary>What was recalled, the best first.</summary>
public sealed record RecallResult
{
    /// <summary>The hits.</summary>
    public required IReadOnlyList<RecallHit> Hits { get; init; }

    /// <summary>Tokens of the hits, estimated.</summary>
    public required int Tokens { get; init; }

    /// <summary>How it was looked for: keyword, vector or hybrid.</summary>
    public required RecallMode Mode { get; init; }

    /// <summary>Why vectors were not used although they were asked for or configured, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fallback { get; init; }
}

/// <summary>A hit: a message of a session, or a memory record.</summary>
public sealed record RecallHit
{
    /// <summary>What ids of messages begin with; no record's id does.</summary>
    public const string TurnPrefix = "turn:";

    /// <summary>The record's id, or <c>turn:{session}:{sequence}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The text.</summary>
    public required string Content { get; init; }

    /// <summary>How well it fits, 0 to 1; comparable within one answer.</summary>
    public required double Score { get; init; }

    /// <summary>The parts of the score by name.</summary>
    public required IReadOnlyDictionary<string, double> ScoreParts { get; init; }

    /// <summary>The session of the hit's message, or of the record's newest source; null for a record without.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }

    /// <summary>The message, where the hit is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Message? Message { get; init; }

    /// <summary>The record, where the hit is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemoryRecord? Record { get; init; }

    /// <summary>The agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>When it happened, or else was stored.</summary>
    public required DateTimeOffset Timestamp { get; init; }
}
