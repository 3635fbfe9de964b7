using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>
/// What decoded records take on the heap of a 64-bit process, roughly: what is stored in a few bytes becomes references, structures and strings of
/// two bytes a character, several times as much where documents are small.
/// </summary>
internal static class MemoryUse
{
    /// <summary>A cache's own for one entry: the node of its list, its place in the table, and the object that is kept.</summary>
    public const int CacheEntry = 112;

    private const int ArrayHeader = 24;
    private const int HeadObject = 200;
    private const int TailStructure = 72;
    private const int DocumentStructure = 56;
    private const int GarbageStructure = 40;
    private const int PageReference = 8 + 72;

    /// <summary>A string.</summary>
    public static int Of(string text) => ArrayHeader + (2 * text.Length);

    /// <summary>A head without the record whose parts its bodies are.</summary>
    public static int Of(PartitionHead head) => HeadObject
        + (head.Tokens.Length * sizeof(long))
        + (head.Listed is { } listed ? 40 + Of(listed.Key) : 0)
        + head.Tail.Sum(document => TailStructure + Of(document.Id))
        + Of(head.Root)
        + (head.Garbage.Length * GarbageStructure);

    /// <summary>References to pages.</summary>
    public static int Of(ImmutableArray<PageRef> pages) => ArrayHeader + pages.Sum(page => PageReference + Of(page.First) + Of(page.Last));

    /// <summary>Documents of a page together with the record whose parts their bodies are.</summary>
    public static int Of(ImmutableArray<StoredDocument> documents) =>
        (2 * ArrayHeader) + documents.Sum(document => DocumentStructure + Of(document.Id) + document.Weight);
}
