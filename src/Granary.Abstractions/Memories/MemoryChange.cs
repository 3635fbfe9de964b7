using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What happened to a memory record.</summary>
[JsonConverter(typeof(UpperCaseEnumConverter<MemoryEvent>))]
public enum MemoryEvent
{
    /// <summary>It was stored.</summary>
    Add,

    /// <summary>It was changed.</summary>
    Update,

    /// <summary>It was deleted; it can be restored for <see cref="MemoryLimits.RestoreDays"/> days.</summary>
    Delete,

    /// <summary>Nothing: it is known already.</summary>
    None,

    /// <summary>It was restored.</summary>
    Restore,

    /// <summary>It was put aside.</summary>
    Archive,

    /// <summary>Its time ended.</summary>
    Expire,
}

/// <summary>What became of a memory.</summary>
/// <param name="Event">What happened.</param>
/// <param name="Record">The record as it is now; where nothing happened, the one that was there.</param>
public sealed record MemoryOutcome(MemoryEvent Event, MemoryRecord Record);

/// <summary>What became of the memories of a call, in their order.</summary>
/// <param name="Outcomes">One for each.</param>
public sealed record RememberResult(IReadOnlyList<MemoryOutcome> Outcomes);

/// <summary>A change in a record's history.</summary>
public sealed record MemoryChange
{
    /// <summary>The record.</summary>
    public required string MemoryId { get; init; }

    /// <summary>The record's revision after it.</summary>
    public required int Revision { get; init; }

    /// <summary>What happened.</summary>
    public required MemoryEvent Event { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The text before, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OldContent { get; init; }

    /// <summary>The text after, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NewContent { get; init; }

    /// <summary>Why: who or what wanted it, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>The session that it came from, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }
}

/// <summary>A record's history, oldest first.</summary>
/// <param name="Changes">The changes.</param>
public sealed record MemoryHistory(IReadOnlyList<MemoryChange> Changes);

/// <summary>A change of a record; what is null stays as it is.</summary>
public sealed record MemoryPatch
{
    /// <summary>The new text.</summary>
    public string? Content { get; init; }

    /// <summary>The new metadata, in place of the old.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The new category.</summary>
    public string? Category { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    public double? Confidence { get; init; }

    /// <summary>How much it matters.</summary>
    public MemoryImportance? Importance { get; init; }

    /// <summary>Whether no policy may forget it.</summary>
    public bool? Pinned { get; init; }

    /// <summary>When what it says happened.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>From when on it is true.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when it is true.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>When its time is over.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What the record is to have no more; none of these may be given a value as well.</summary>
    public IReadOnlyList<MemoryField> Clear { get; init; } = [];

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }

    /// <summary>The revision that the record must have, or null for any.</summary>
    public int? IfRevision { get; init; }
}
