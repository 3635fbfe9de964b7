using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Wire;

/// <summary><c>POST /memory/recall</c>.</summary>
public sealed record RecallMemoriesRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>What to look for, in words; at most 8,192 characters.</summary>
    public string? Query { get; init; }

    /// <summary>How many at the most, 1 to 1,000; null for MEMORY_RECALL_LIMIT (10).</summary>
    public int? Limit { get; init; }

    /// <summary>Only these.</summary>
    public RecallFilters? Filters { get; init; }

    /// <summary>How to look; null for words, and vectors where an embedder is configured.</summary>
    public RecallMode? Mode { get; init; }

    /// <summary>Whether messages of sessions are looked through; null for true.</summary>
    public bool? Turns { get; init; }

    /// <summary>
    /// Whether memory records are looked through; null for true. Where messages are too, and the filters name neither kinds nor metadata, records that only
    /// repeat messages are left out: those whose <c>origin</c> is <c>repeated</c> (learned without a model, in the messages' own words, never changed by a
    /// caller), and no others.
    /// </summary>
    public bool? Records { get; init; }

    /// <summary>Tokens that the hits together may have, 1 or more; null for any.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Only hits of at least this score, 0 to 1.</summary>
    public double? MinScore { get; init; }

    /// <summary><c>session</c>: one hit for each session, its best; null for all hits.</summary>
    public RecallGrouping? GroupBy { get; init; }

    /// <summary>Whether records that were found count as used.</summary>
    public bool? Touch { get; init; }
}

/// <summary>How the hits of a recall are put together.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RecallGrouping>))]
public enum RecallGrouping
{
    /// <summary>One hit for each session.</summary>
    Session,
}

/// <summary>Which memories are meant. Everything that is given must hold; a name that is none of these is refused.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RecallFilters
{
    /// <summary>Only those of this agent.</summary>
    public string? AgentId { get; init; }

    /// <summary>Only records of this kind, leaving messages out; not together with <see cref="Kinds"/>.</summary>
    public MemoryKind? Kind { get; init; }

    /// <summary>Only records of these kinds, leaving messages out.</summary>
    public IReadOnlyList<MemoryKind>? Kinds { get; init; }

    /// <summary>Only records of this category; not together with <see cref="Categories"/>.</summary>
    public string? Category { get; init; }

    /// <summary>Only records of these categories.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Only messages of, and records from, this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only messages of this role, leaving records out.</summary>
    public MessageRole? Role { get; init; }

    /// <summary>Only what happened at this time or later (ISO 8601; UTC where it has no offset).</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? From { get; init; }

    /// <summary>Only what happened before this time.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// Only those whose metadata meet a condition: an object of names (dots lead into objects), each with the value that it must have or with
    /// an object of eq, ne, in, nin, gt, gte, lt, lte, contains, icontains, exists; AND and OR take arrays of conditions, NOT takes one or an array.
    /// </summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>Answer of <c>POST /memory/recall</c>.</summary>
public sealed record RecallMemoriesResponse
{
    /// <summary>What was found, the best first.</summary>
    public required IReadOnlyList<RecalledMemory> Memories { get; init; }

    /// <summary>How many.</summary>
    public required int Count { get; init; }

    /// <summary>Their tokens, estimated.</summary>
    public required int Tokens { get; init; }

    /// <summary>How it was looked for.</summary>
    public required RecallMode Mode { get; init; }

    /// <summary>Why vectors were not used although they were asked for or configured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fallback { get; init; }

    /// <summary>Where the answer comes from; left out where Granary's own memory keeps memories.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SubstrateMetadata? SubstrateMetadata { get; init; }
}

/// <summary>Something that was found: a message of a session (kind <c>turn</c>), or a memory record. What it does not have is left out.</summary>
public sealed record RecalledMemory
{
    /// <summary>The record's id, or <c>turn:{session}:{sequence}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary><c>turn</c>, or the record's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>The text.</summary>
    public required string Content { get; init; }

    /// <summary>The metadata of the message or the record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get; init; }

    /// <summary>How well it fits, 0 to 1; comparable within one answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SimilarityScore { get; init; }

    /// <summary>The parts of the score by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? ScoreParts { get; init; }

    /// <summary>The agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>The session of the message, or of the record's newest source.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }

    /// <summary>The message's place in its session.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Sequence { get; init; }

    /// <summary>The message's turn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Turn { get; init; }

    /// <summary>Who said the message.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageRole? Role { get; init; }

    /// <summary>The speaker's or the tool's name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>When it happened, or else was stored.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>When the record was stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the record was last changed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The category of an insight.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Category { get; init; }

    /// <summary>The short name of an insight.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Label { get; init; }

    /// <summary>How sure the record is, 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Confidence { get; init; }

    /// <summary>How much the record matters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemoryImportance? Importance { get; init; }

    /// <summary>Where the record is in its life.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemoryState? State { get; init; }

    /// <summary>From when on the record is true.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when the record is true.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Where the record comes from, the newest last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MemorySource>? Sources { get; init; }
}
