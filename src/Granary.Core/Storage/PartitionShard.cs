namespace Granary.Core.Storage;

/// <summary>Which maintenance shard looks after a partition: a stable function of its id, the same on every machine and in every release.</summary>
public static class PartitionShard
{
    /// <summary>The number of shards, a constant of the stored data.</summary>
    public const int Count = 256;

    /// <summary>The shard of a partition id: its 64-bit FNV-1a hash over the characters, folded and reduced to 0..255 (Fowler, Noll, Vo).</summary>
    public static int Of(string partition)
    {
        ArgumentNullException.ThrowIfNull(partition);
        var hash = 14695981039346656037UL;
        foreach (var c in partition)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash ^= hash >> 32;
        hash ^= hash >> 16;
        return (int)((hash ^ (hash >> 8)) & 0xFF);
    }
}
