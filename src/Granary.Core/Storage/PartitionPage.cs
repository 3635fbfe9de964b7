namespace Granary.Core.Storage;

/// <summary>A document of a partition.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Body">Its bytes.</param>
public readonly record struct Document(string Id, ReadOnlyMemory<byte> Body);

/// <summary>A page of documents, read in one consistent step.</summary>
/// <param name="Version">The partition's version at that moment; <see cref="PartitionVersion.None"/> if it does not exist or is erased.</param>
/// <param name="Erased">Whether the partition is a tombstone.</param>
/// <param name="Documents">The documents in the order of their ids.</param>
/// <param name="Next">
/// The id at which the next page begins, or null at the end of the range. Pass it as <see cref="DocumentRange.From"/> without
/// <see cref="DocumentRange.Floor"/>: should it be deleted meanwhile, a floor would go back to what was read.
/// </param>
public sealed record PartitionPage(PartitionVersion Version, bool Erased, IReadOnlyList<Document> Documents, string? Next)
{
    /// <summary>The page of a partition that never was.</summary>
    public static PartitionPage Missing { get; } = new(PartitionVersion.None, false, [], null);
}
