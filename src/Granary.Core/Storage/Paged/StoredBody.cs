namespace Granary.Core.Storage.Paged;

/// <summary>A page of a partition: immutable, named after the flush that wrote it and its place in it.</summary>
/// <param name="Flush">The flush's number within the partition.</param>
/// <param name="Index">Its place, from 0.</param>
internal readonly record struct PageId(long Flush, int Index)
{
    /// <summary>The record's name.</summary>
    public string Record => string.Create(null, stackalloc char[32], $"p{Flush:x}-{Index:x}");
}

/// <summary>How a document's body is stored.</summary>
internal enum StoredKind : byte
{
    /// <summary>The document was removed; covers what a page still holds.</summary>
    Removed,

    /// <summary>The bytes are here.</summary>
    Inline,

    /// <summary>The bytes are in pages of their own, one after the other.</summary>
    Blob,
}

/// <summary>A document's body or where to find it.</summary>
/// <param name="Kind">How it is stored.</param>
/// <param name="Bytes">The bytes of <see cref="StoredKind.Inline"/>.</param>
/// <param name="Blob">The first page of <see cref="StoredKind.Blob"/>; the others follow it.</param>
/// <param name="Parts">How many pages.</param>
/// <param name="Length">The body's bytes.</param>
internal readonly record struct StoredBody(StoredKind Kind, ReadOnlyMemory<byte> Bytes, PageId Blob, int Parts, int Length)
{
    private const int BlobReferenceBytes = 20;

    public static StoredBody Removed => default;

    /// <summary>The bytes that it takes in a head or page.</summary>
    public int Weight => Kind is StoredKind.Blob ? BlobReferenceBytes : Bytes.Length + 1;

    public static StoredBody Inline(ReadOnlyMemory<byte> bytes) => new(StoredKind.Inline, bytes, default, 0, bytes.Length);

    public IEnumerable<PageId> BlobPages()
    {
        for (var i = 0; i < Parts; i++)
        {
            yield return Blob with { Index = Blob.Index + i };
        }
    }
}

/// <summary>A document in a page.</summary>
internal readonly record struct StoredDocument(string Id, StoredBody Body)
{
    public int Weight => Id.Length + Body.Weight + 2;
}
