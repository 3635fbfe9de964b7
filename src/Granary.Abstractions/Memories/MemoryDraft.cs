using System.Text.Json;

namespace Granary;

/// <summary>Memories to keep, all or none.</summary>
/// <param name="Memories">1 to <see cref="MemoryLimits.MaxBatch"/> memories.</param>
public sealed record RememberRequest(IReadOnlyList<MemoryDraft> Memories);

/// <summary>A memory to keep. One that says exactly what an active one of the same kind, agent and scope says is not stored again.</summary>
public sealed record MemoryDraft
{
    /// <summary>The id, or null for one that the user's memory gives. With an id the call can be repeated: what is there under it with the same text stays.</summary>
    public string? Id { get; init; }

    /// <summary>What kind of thing it says.</summary>
    public MemoryKind Kind { get; init; }

    /// <summary>The agent, or null for the default one.</summary>
    public string? AgentId { get; init; }

    /// <summary>What sets it apart, an id: memories of different scopes (and those of none) never are each other's duplicates. Null for none.</summary>
    public string? Scope { get; init; }

    /// <summary>The text, 1 to <see cref="MemoryLimits.MaxContentBytes"/> bytes, not only white space.</summary>
    public required string Content { get; init; }

    /// <summary>The caller's own JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The category of an insight.</summary>
    public string? Category { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    public double Confidence { get; init; } = 1;

    /// <summary>How much it matters.</summary>
    public MemoryImportance Importance { get; init; } = MemoryImportance.Medium;

    /// <summary>Whether no policy may forget it.</summary>
    public bool Pinned { get; init; }

    /// <summary>When what it says happened.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>From when on it is true.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when it is true; not before <see cref="ValidFrom"/>.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>When its time is over: in the future, at most <see cref="MemoryLimits.MaxTtlHours"/> hours away.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was made, for memories that come from elsewhere; null for now.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Where it comes from.</summary>
    public IReadOnlyList<MemorySource> Sources { get; init; } = [];
}
