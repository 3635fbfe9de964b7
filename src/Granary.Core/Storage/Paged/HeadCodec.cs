using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>Writes and reads head records.</summary>
internal static class HeadCodec
{
    private const byte Format = 1;

    public static ReadOnlyMemory<byte> Encode(PartitionHead head)
    {
        var writer = new RecordWriter(1024 + head.Tail.Sum(d => d.Weight));
        writer.Byte(Format);
        writer.Byte((byte)head.State);
        writer.Number(head.Version);
        WriteAll(writer, head.Tokens, static (w, token) => w.Fixed(token));
        writer.OptionalTime(head.DueAt);
        writer.OptionalTime(head.Listed?.At);
        if (head.Listed is { } listed)
        {
            writer.Ascii(listed.Key);
        }

        writer.OptionalTime(head.ErasedAt);
        writer.Number(head.NextFlush);
        writer.Time(head.FlushedAt);
        WriteMark(writer, head.OldMark);
        WriteMark(writer, head.NewMark);
        writer.Number(head.NextOrder);
        WriteAll(writer, head.Tail, static (w, document) =>
        {
            w.Ascii(document.Id);
            w.Bool(document.Appended);
            w.Number(document.Order);
            w.Body(document.Body);
        });
        writer.Number(head.Level);
        WriteAll(writer, head.Root, static (w, page) => w.Reference(page));
        WriteAll(writer, head.Garbage, static (w, garbage) => w.Garbage(garbage));
        return writer.Written;
    }

    /// <exception cref="FormatException">It is not a head.</exception>
    public static PartitionHead Decode(ReadOnlyMemory<byte> record)
    {
        var reader = new RecordReader(record);
        if (reader.Byte() != Format)
        {
            throw RecordReader.Damaged();
        }

        var head = new PartitionHead
        {
            State = (HeadState)reader.Byte(),
            Version = reader.Number(),
            Tokens = ReadAll(ref reader, static (ref r) => r.Fixed()),
            DueAt = reader.OptionalTime(),
            Listed = reader.OptionalTime() is { } at ? new ListedDue(at, reader.Ascii()) : null,
            ErasedAt = reader.OptionalTime(),
            NextFlush = reader.Number(),
            FlushedAt = reader.Time(),
            OldMark = ReadMark(ref reader),
            NewMark = ReadMark(ref reader),
            NextOrder = reader.Number(),
            Tail = ReadAll(ref reader, static (ref r) =>
            {
                var (id, appended, order) = (r.Ascii(), r.Bool(), r.Number());
                return new TailDocument(id, r.Body(), appended, order);
            }),
            Level = reader.Count(),
            Root = ReadAll(ref reader, static (ref r) => r.Reference()),
            Garbage = ReadAll(ref reader, static (ref r) => r.Garbage()),
        };
        return reader.AtEnd ? head : throw RecordReader.Damaged();
    }

    private static void WriteMark(RecordWriter writer, FlushMark mark)
    {
        writer.Number(mark.Flush);
        writer.Time(mark.At);
    }

    private static FlushMark ReadMark(ref RecordReader reader) => new(reader.Number(), reader.Time());

    private static void WriteAll<T>(RecordWriter writer, ImmutableArray<T> items, Action<RecordWriter, T> write)
    {
        writer.Number(items.Length);
        foreach (var item in items)
        {
            write(writer, item);
        }
    }

    private delegate T ReadOne<T>(ref RecordReader reader);

    private static ImmutableArray<T> ReadAll<T>(ref RecordReader reader, ReadOne<T> read)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        for (var left = reader.Count(); left > 0; left--)
        {
            items.Add(read(ref reader));
        }

        return items.DrainToImmutable();
    }
}
