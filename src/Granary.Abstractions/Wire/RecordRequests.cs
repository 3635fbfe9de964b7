using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Wire;

/// <summary><c>PATCH /memory/memories/{id}</c>: what is left out or null stays as it is.</summary>
public sealed record PatchMemoryRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

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

    /// <summary>When what it says happened (ISO 8601; UTC where it has no offset).</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>From when on it is true.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when it is true.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Hours from now until its time is over, 1 to 8,760; not together with <see cref="ExpiresAt"/>.</summary>
    public int? TtlHours { get; init; }

    /// <summary>When its time is over.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What the memory is to have no more, as in <c>["expires_at"]</c>; none of these may be given a value as well.</summary>
    public IReadOnlyList<MemoryField>? Clear { get; init; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }
}

/// <summary><c>POST /memory/memories/{id}/restore</c>.</summary>
public sealed record RestoreMemoryRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }
}

/// <summary><c>POST /memory/forget</c>. At least one policy must be given. A member that is not known is refused: it might have been a filter.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ForgetMemoriesRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>Only these.</summary>
    public RecallFilters? Filters { get; init; }

    /// <summary>Those stored more than so many days ago, 1 or more.</summary>
    public int? MaxAgeDays { get; init; }

    /// <summary>Those not used or changed for so many days, 1 or more.</summary>
    public int? MaxInactiveDays { get; init; }

    /// <summary>Those beyond so many that are kept, 0 or more: the ones of the least retention score.</summary>
    public int? Keep { get; init; }

    /// <summary>Those whose retention score is below, 0 or more.</summary>
    public double? MinRetention { get; init; }

    /// <summary>Whether the filters alone select.</summary>
    public bool? All { get; init; }

    /// <summary>Whether they are archived in place of deleted.</summary>
    public bool? Archive { get; init; }

    /// <summary>Whether only to say what would be forgotten.</summary>
    public bool? DryRun { get; init; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }
}

/// <summary>Answer of <c>GET /memory/memories</c>.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Memories">The records, the youngest first.</param>
/// <param name="Count">How many there are in this answer.</param>
/// <param name="Total">How many the query selects in all.</param>
/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
public sealed record MemoriesResponse(string UserId, IReadOnlyList<MemoryRecord> Memories, int Count, int Total, string? Next)
{
    /// <summary>Where the answer comes from; left out where Granary's own memory keeps memories.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SubstrateMetadata? SubstrateMetadata { get; init; }
}

/// <summary>Answer of <c>GET /memory/memories/{id}/history</c>.</summary>
/// <param name="MemoryId">The memory.</param>
/// <param name="Changes">All that happened to it, oldest first.</param>
/// <param name="Count">How many.</param>
public sealed record MemoryHistoryResponse(string MemoryId, IReadOnlyList<MemoryChange> Changes, int Count);

/// <summary>Answer of <c>DELETE /memory/memories/{id}</c>.</summary>
/// <param name="Success">True.</param>
/// <param name="Message">The same in words.</param>
/// <param name="MemoryId">The memory.</param>
public sealed record DeleteMemoryResponse(bool Success, string Message, string MemoryId)
{
    /// <summary>Where the answer comes from; left out where Granary's own memory keeps memories.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SubstrateMetadata? SubstrateMetadata { get; init; }
}

/// <summary>Answer of <c>POST /memory/import</c>.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Added">Memories that were stored.</param>
/// <param name="Duplicates">Memories that were known already.</param>
/// <param name="Refused">Lines that could not be taken.</param>
/// <param name="RefusedLines">The first hundred of them.</param>
public sealed record MemoryImportResponse(string UserId, long Added, long Duplicates, long Refused, IReadOnlyList<RefusedLine> RefusedLines);

/// <summary>A line of an import that could not be taken.</summary>
/// <param name="Line">Its number, from 1; blank lines count.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record RefusedLine(int Line, string Reason);

/// <summary>Answer of <c>GET /memory/health</c>, with HTTP 503 where it is not healthy.</summary>
public sealed record MemoryHealthResponse
{
    /// <summary>Whether memories can be kept and recalled.</summary>
    public required bool Healthy { get; init; }

    /// <summary><c>healthy</c>, <c>degraded</c> (reads only) or <c>unhealthy</c>.</summary>
    public required string Status { get; init; }

    /// <summary><c>memory-api</c>.</summary>
    public required string Service { get; init; }

    /// <summary>The memory provider.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether the provider answers.</summary>
    public required bool ProviderHealthy { get; init; }

    /// <summary>Whether the store can be read and written.</summary>
    public required bool DatabaseConnection { get; init; }

    /// <summary>Whether an embedder is configured, so that recall can use vectors.</summary>
    public required bool VectorsAvailable { get; init; }

    /// <summary>Milliseconds that the store took to answer.</summary>
    public required double ResponseTimeMs { get; init; }

    /// <summary>Active memories of the user that the request names; left out where it names none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TotalMemories { get; init; }

    /// <summary>What is wrong.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <summary><c>POST /memory/synthesize</c>.</summary>
public sealed record SynthesizeRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The agent whose memories are meant; null for the default one.</summary>
    public string? AgentId { get; init; }

    /// <summary>Only what the insights of this category have in common, and no profile; null for each category and the profile.</summary>
    public string? Category { get; init; }
}
