namespace Granary.Core.Storage;

/// <summary>The limits that hold on every store, so that an engine that runs on one runs on all.</summary>
public static class StorageLimits
{
    /// <summary>Documents in one commit.</summary>
    public const int MaxDocumentsPerCommit = 50;

    /// <summary>Bytes of ids and bodies in one commit: 1.5 MiB, below the 2 MB that Cosmos DB takes in one batch.</summary>
    public const int MaxBytesPerCommit = 1_572_864;

    /// <summary>Ids in one <see cref="IPartitionStore.GetAsync"/>.</summary>
    public const int MaxIdsPerGet = 100;

    /// <summary>Documents in one page.</summary>
    public const int MaxDocumentsPerPage = 256;

    /// <summary>Bytes of ids and bodies that a page does not exceed, unless its first document alone does: 1 MiB.</summary>
    public const int PageBytes = 1_048_576;

    /// <summary>Characters of a document's id.</summary>
    public const int MaxDocumentIdLength = 450;

    /// <summary>Characters of a partition's id: three ids of 128 and their prefix.</summary>
    public const int MaxPartitionIdLength = 450;

    /// <summary>How long a tombstone refuses late writers: 30 days.</summary>
    public static readonly TimeSpan TombstoneLifetime = TimeSpan.FromDays(30);
}
