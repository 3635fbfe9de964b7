namespace Granary.Core.Storage;

/// <summary>
/// A partition's version: opaque, to be compared for equality only. A store never gives the same version to one partition id twice,
/// not even after the partition was erased and made again.
/// </summary>
/// <param name="Value">The store's number; 0 is no partition.</param>
public readonly record struct PartitionVersion(long Value)
{
    /// <summary>The version of a partition that does not exist (or is erased).</summary>
    public static PartitionVersion None => default;
}
