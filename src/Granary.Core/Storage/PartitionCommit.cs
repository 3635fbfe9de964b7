namespace Granary.Core.Storage;

/// <summary>A change of one partition, applied all or none.</summary>
public sealed class PartitionCommit
{
    /// <summary>The partition's id.</summary>
    public required string Partition { get; init; }

    /// <summary>The version the writer has seen; <see cref="PartitionVersion.None"/> makes the partition.</summary>
    public required PartitionVersion Expected { get; init; }

    /// <summary>
    /// 0 to <see cref="StorageLimits.MaxDocumentsPerCommit"/> writes of different documents, at most
    /// <see cref="StorageLimits.MaxBytesPerCommit"/> bytes together. None only sets the due time.
    /// </summary>
    public required IReadOnlyList<DocumentWrite> Writes { get; init; }

    /// <summary>When maintenance should look at the partition, or null for never. Replaces what was set before.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Whether the commit may make a partition anew over a tombstone (only an explicit start may).</summary>
    public bool Recreate { get; init; }
}
