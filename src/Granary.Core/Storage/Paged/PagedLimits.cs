namespace Granary.Core.Storage.Paged;

/// <summary>Sizes of the format. Each holds for what is written from now on; readers take any.</summary>
internal sealed record PagedLimits
{
    /// <summary>Map writes that wait in the head: the redo list.</summary>
    public int Redo { get; init; } = 32;

    /// <summary>Bytes of the redo list.</summary>
    public int RedoBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes of log documents in the head; beyond them the oldest move to a page until half of it is left.</summary>
    public int LogBytes { get; init; } = 96 * 1024;

    /// <summary>Documents without a colon in their id (a partition's own head) that never leave the head record.</summary>
    public int Singletons { get; init; } = 8;

    /// <summary>Bytes up to which they stay.</summary>
    public int SingletonBytes { get; init; } = 4 * 1024;

    /// <summary>Bytes above which a body gets pages of its own.</summary>
    public int BlobBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes of one page of such a body: 1 MiB, which stays below 2 MB also as base64.</summary>
    public int BlobPartBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a page of documents (a page holds at least one).</summary>
    public int LeafBytes { get; init; } = 64 * 1024;

    /// <summary>Documents of a page.</summary>
    public int LeafDocuments { get; init; } = 256;

    /// <summary>Pages that the head or an index page names.</summary>
    public int FanOut { get; init; } = 64;

    /// <summary>Replaced pages that the head lists itself; beyond them they move to a page that lists them.</summary>
    public int Garbage { get; init; } = 256;

    /// <summary>Pages of replaced pages that the head lists; beyond them they move to a page as well.</summary>
    public int GarbageLists { get; init; } = 64;

    /// <summary>Bytes of a head that its parts add up to at the most; a larger one is emptied into pages at once.</summary>
    public int HeadBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of a head that is refused: below 1.5 MiB, which as base64 is what Cosmos DB takes for an item.</summary>
    public int MaxHeadBytes { get; init; } = 1_536_000;

    /// <summary>How long a replaced page stays for those who still read by the head before.</summary>
    public TimeSpan GarbageAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How old what a call knows of the head may be when it begins to write pages; well below <see cref="GarbageAge"/>.</summary>
    public TimeSpan MaxHeadAge { get; init; } = TimeSpan.FromMinutes(30);
}
