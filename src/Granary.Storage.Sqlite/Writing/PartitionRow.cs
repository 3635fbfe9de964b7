namespace Granary.Storage.Sqlite.Writing;

/// <summary>What the writer knows of a partition's row.</summary>
internal sealed class PartitionRow
{
    /// <summary>The row's key, under which its documents are stored.</summary>
    public required long Key { get; set; }

    public required long Version { get; set; }

    /// <summary>UTC ticks, or null for never.</summary>
    public required long? Due { get; set; }

    /// <summary>UTC ticks, or null if it lives.</summary>
    public required long? ErasedAt { get; set; }
}
