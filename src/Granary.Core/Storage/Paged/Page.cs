using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>What a page record holds. Immutable, as its record is.</summary>
internal abstract record Page
{
    /// <summary>The memory that it holds on to, for caches.</summary>
    public abstract int Bytes { get; }
}

/// <summary>Documents, ordered by id.</summary>
internal sealed record LeafPage(ImmutableArray<StoredDocument> Documents) : Page
{
    public override int Bytes { get; } = MemoryUse.Of(Documents);

    public StoredBody? Find(string id)
    {
        var at = FirstNotBefore(id);
        return at < Documents.Length && Documents[at].Id == id ? Documents[at].Body : null;
    }

    /// <summary>The place of the first document whose id is not before <paramref name="id"/>.</summary>
    public int FirstNotBefore(string id)
    {
        var (low, high) = (0, Documents.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(Documents[middle].Id, id) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Pages, ordered by id.</summary>
internal sealed record IndexPage(ImmutableArray<PageRef> Pages) : Page
{
    public override int Bytes { get; } = MemoryUse.Of(Pages);
}

/// <summary>A part of a large body.</summary>
internal sealed record BlobPage(ReadOnlyMemory<byte> Part) : Page
{
    public override int Bytes => Part.Length;
}

/// <summary>
/// Nothing, in the place of the first page of a flush that an erasure removed: a writer that was overtaken may still be writing the others,
/// and the purge finds them by it.
/// </summary>
internal sealed record BlankPage : Page
{
    public override int Bytes => 0;
}

/// <summary>Pages to be removed.</summary>
internal sealed record GarbagePage(ImmutableArray<Garbage> Garbage) : Page
{
    public override int Bytes => Garbage.Length * 32;
}
