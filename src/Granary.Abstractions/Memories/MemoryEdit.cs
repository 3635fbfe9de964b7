namespace Granary;

/// <summary>Changes and deletions of memories, all or none.</summary>
/// <param name="Edits">1 to <see cref="MemoryLimits.MaxEdits"/> of them, done in their order.</param>
public sealed record EditRequest(IReadOnlyList<MemoryEdit> Edits);

/// <summary>What is done with one memory: either of the two.</summary>
/// <param name="MemoryId">The memory.</param>
/// <param name="Patch">What changes.</param>
/// <param name="Deletion">How it is deleted.</param>
public sealed record MemoryEdit(string MemoryId, MemoryPatch? Patch = null, MemoryDeletion? Deletion = null);

/// <summary>How a memory is deleted. Deleting a deleted one changes nothing.</summary>
public sealed record MemoryDeletion
{
    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether nothing of it, nor of its history, is to stay: it cannot be restored.</summary>
    public bool Purge { get; init; }

    /// <summary>The revision that the memory must have, or null for any.</summary>
    public int? IfRevision { get; init; }
}

/// <summary>What became of the memories of a call, in its order.</summary>
/// <param name="Records">Each as it is after its edit; one that was purged, as it was.</param>
public sealed record EditResult(IReadOnlyList<MemoryRecord> Records);
