using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>Writes and reads page records.</summary>
internal static class PageCodec
{
    private const byte Format = 1;

    private enum Kind : byte
    {
        Leaf,
        Index,
        Blob,
        Garbage,
        Blank,
    }

    /// <param name="page">The page.</param>
    /// <param name="pagesOfFlush">How many pages its flush wrote: who finds the first can remove them all.</param>
    public static ReadOnlyMemory<byte> Encode(Page page, int pagesOfFlush)
    {
        var writer = new RecordWriter(page.Bytes + 16);
        writer.Byte(Format);
        writer.Number(pagesOfFlush);
        switch (page)
        {
            case LeafPage leaf:
                writer.Byte((byte)Kind.Leaf);
                writer.Number(leaf.Documents.Length);
                foreach (var document in leaf.Documents)
                {
                    writer.Ascii(document.Id);
                    writer.Body(document.Body);
                }

                break;
            case IndexPage index:
                writer.Byte((byte)Kind.Index);
                writer.Number(index.Pages.Length);
                foreach (var child in index.Pages)
                {
                    writer.Reference(child);
                }

                break;
            case BlobPage blob:
                writer.Byte((byte)Kind.Blob);
                writer.Bytes(blob.Part.Span);
                break;
            case BlankPage:
                writer.Byte((byte)Kind.Blank);
                break;
            case GarbagePage list:
                writer.Byte((byte)Kind.Garbage);
                writer.Number(list.Garbage.Length);
                foreach (var garbage in list.Garbage)
                {
                    writer.Garbage(garbage);
                }

                break;
        }

        return writer.Written;
    }

    /// <summary>Reads how many pages the page's flush wrote.</summary>
    /// <exception cref="FormatException">It is not a page.</exception>
    public static int PagesOfFlush(ReadOnlyMemory<byte> record)
    {
        var reader = new RecordReader(record);
        return reader.Byte() == Format ? reader.Count() : throw RecordReader.Damaged();
    }

    /// <exception cref="FormatException">It is not a page.</exception>
    public static Page Decode(ReadOnlyMemory<byte> record)
    {
        var reader = new RecordReader(record);
        if (reader.Byte() != Format)
        {
            throw RecordReader.Damaged();
        }

        _ = reader.Count();
        var kind = (Kind)reader.Byte();
        if (kind is Kind.Blob)
        {
            return new BlobPage(reader.Bytes());
        }

        if (kind is Kind.Blank)
        {
            return new BlankPage();
        }

        var count = reader.Count();
        switch (kind)
        {
            case Kind.Leaf:
                var documents = ImmutableArray.CreateBuilder<StoredDocument>();
                for (var i = 0; i < count; i++)
                {
                    documents.Add(new StoredDocument(reader.Ascii(), reader.Body()));
                }

                return new LeafPage(documents.DrainToImmutable());
            case Kind.Index:
                var pages = ImmutableArray.CreateBuilder<PageRef>();
                for (var i = 0; i < count; i++)
                {
                    pages.Add(reader.Reference());
                }

                return new IndexPage(pages.DrainToImmutable());
            case Kind.Garbage:
                var garbage = ImmutableArray.CreateBuilder<Garbage>();
                for (var i = 0; i < count; i++)
                {
                    garbage.Add(reader.Garbage());
                }

                return new GarbagePage(garbage.DrainToImmutable());
            default:
                throw RecordReader.Damaged();
        }
    }
}
