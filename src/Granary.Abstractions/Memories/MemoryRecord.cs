using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary;

/// <summary>Something known about a user. Immutable.</summary>
public sealed record MemoryRecord
{
    /// <summary>The record's id, unique for the user.</summary>
    public required string Id { get; init; }

    /// <summary>What kind of thing it says.</summary>
    public required MemoryKind Kind { get; init; }

    /// <summary>The agent that it belongs to.</summary>
    public required string AgentId { get; init; }

    /// <summary>What sets it apart from others that say the same, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; init; }

    /// <summary>The text.</summary>
    public required string Content { get; init; }

    /// <summary>The caller's own JSON object, at most <see cref="MessageLimits.MaxMetadataBytes"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get; init; }

    /// <summary>The category of an insight, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Category { get; init; }

    /// <summary>The short name of an insight, <c>INS-0001</c> and on, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Label { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    public double Confidence { get; init; } = 1;

    /// <summary>How much it matters.</summary>
    public MemoryImportance Importance { get; init; } = MemoryImportance.Medium;

    /// <summary>Whether no policy may forget it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pinned { get; init; }

    /// <summary>How its text came about.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public MemoryOrigin Origin { get; init; }

    /// <summary>Whether what it says is in the profile and the patterns that were made of the user's memories, where they had room for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Processed { get; init; }

    /// <summary>Where it is in its life.</summary>
    public MemoryState State { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When what it says happened, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>From when on it is true, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when it is true, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>When its time is over, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was archived, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>When it was deleted, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>How often it was used.</summary>
    public int AccessCount { get; init; }

    /// <summary>When it was last used, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastAccessed { get; init; }

    /// <summary>Where it comes from, at most <see cref="MemoryLimits.MaxSources"/>, the newest last.</summary>
    public IReadOnlyList<MemorySource> Sources { get; init; } = [];

    /// <summary>Changes since it was stored, from 1.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Whether what it says is true at a time, as far as it says from when until when.</summary>
    public bool HoldsAt(DateTimeOffset time) => !(ValidFrom > time) && !(ValidTo <= time);
}

/// <summary>Where in a session something comes from.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="FirstSequence">The first message, or null for the whole session.</param>
/// <param name="LastSequence">The last message, or null.</param>
public sealed record MemorySource(
    string SessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FirstSequence = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LastSequence = null);

/// <summary>Limits of memory records.</summary>
public static class MemoryLimits
{
    /// <summary>Bytes of a record's text in UTF-8.</summary>
    public const int MaxContentBytes = 64 * 1024;

    /// <summary>Records of one call.</summary>
    public const int MaxBatch = 100;

    /// <summary>Changes and deletions of one call.</summary>
    public const int MaxEdits = 1_000;

    /// <summary>Sources that a record keeps.</summary>
    public const int MaxSources = 20;

    /// <summary>Hits of one recall.</summary>
    public const int MaxRecall = 1_000;

    /// <summary>Records of one page of a list.</summary>
    public const int MaxPage = 1_000;

    /// <summary>Hours that a record may be given to live.</summary>
    public const int MaxTtlHours = 8_760;

    /// <summary>Days that a deleted record can be restored.</summary>
    public const int RestoreDays = 30;
}
