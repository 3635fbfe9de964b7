using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Wire;

/// <summary><c>POST /memory/remember</c>, and an item of <c>POST /memory/remember/batch</c>: a memory to keep.</summary>
public sealed record RememberMemoryRequest
{
    /// <summary>The user. In a batch the batch names it; an item that names another is refused.</summary>
    public string? UserId { get; init; }

    /// <summary>The text, 1 to 65,536 bytes.</summary>
    public string? Content { get; init; }

    /// <summary>The caller's own JSON object, at most 16 KiB.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What kind of thing it says; null for a fact.</summary>
    public MemoryKind? Kind { get; init; }

    /// <summary>The agent; null for the default one.</summary>
    public string? AgentId { get; init; }

    /// <summary>The category of an insight.</summary>
    public string? Category { get; init; }

    /// <summary>How sure it is, 0 to 1; null for 1.</summary>
    public double? Confidence { get; init; }

    /// <summary>How much it matters; null for medium.</summary>
    public MemoryImportance? Importance { get; init; }

    /// <summary>Whether no policy may forget it.</summary>
    public bool? Pinned { get; init; }

    /// <summary>When what it says happened (ISO 8601; UTC where it has no offset).</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>From when on it is true.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when it is true.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Hours until its time is over, 1 to 8,760; not together with <see cref="ExpiresAt"/>.</summary>
    public int? TtlHours { get; init; }

    /// <summary>When its time is over, at most 8,760 hours away.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was made, for memories that come from elsewhere; null for now.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Its id; null for one that the memory gives. With an id the call can be repeated.</summary>
    public string? Id { get; init; }

    /// <summary>Where it comes from, at most 20 places.</summary>
    public IReadOnlyList<MemorySource>? Sources { get; init; }
}

/// <summary><c>POST /memory/remember/batch</c>.</summary>
public sealed record RememberMemoriesRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>1 to 100 memories, all or none.</summary>
    public IReadOnlyList<RememberMemoryRequest>? Memories { get; init; }
}

/// <summary>What became of a memory that was to be kept.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RememberStatus>))]
public enum RememberStatus
{
    /// <summary>It is kept.</summary>
    Stored,

    /// <summary>One that says exactly the same was there already.</summary>
    Duplicate,
}

/// <summary>Answer of <c>POST /memory/remember</c>, and an item of the answer of <c>POST /memory/remember/batch</c>.</summary>
/// <param name="MemoryId">The memory's id; for a duplicate, that of the one that was there.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Event">What happened.</param>
/// <param name="Memory">The memory as it is now.</param>
public sealed record RememberMemoryResponse(string MemoryId, RememberStatus Status, MemoryEvent Event, MemoryRecord Memory)
{
    /// <summary>Where the answer comes from; left out where Granary's own memory keeps memories.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SubstrateMetadata? SubstrateMetadata { get; init; }
}

/// <summary>Answer of <c>POST /memory/remember/batch</c>.</summary>
/// <param name="Results">One for each memory, in order.</param>
/// <param name="Stored">How many are new or changed.</param>
/// <param name="Duplicates">How many were there already.</param>
public sealed record RememberMemoriesResponse(IReadOnlyList<RememberMemoryResponse> Results, int Stored, int Duplicates);
