using System.Buffers.Binary;
using System.Text;

namespace Granary.Core.Storage.Paged;

/// <summary>Reads what <see cref="RecordWriter"/> wrote. Bodies stay parts of the record's memory.</summary>
internal struct RecordReader(ReadOnlyMemory<byte> record)
{
    private ReadOnlyMemory<byte> _rest = record;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1).Span[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        _ => throw Damaged(),
    };

    public long Number()
    {
        var value = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Byte();
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    /// <summary>A number that counts or measures something in this record.</summary>
    public int Count()
    {
        var value = Number();
        return value <= int.MaxValue ? (int)value : throw Damaged();
    }

    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

    public DateTimeOffset Time() => TimeOf(Number());

    public DateTimeOffset? OptionalTime()
    {
        var ticks = Number();
        return ticks == 0 ? null : TimeOf(ticks - 1);
    }

    public string Ascii() => Encoding.ASCII.GetString(Take(Count()).Span);

    public ReadOnlyMemory<byte> Bytes() => Take(Count());

    public PageId Page() => new(Number(), Count());

    public StoredBody Body()
    {
        switch ((StoredKind)Byte())
        {
            case StoredKind.Removed:
                return StoredBody.Removed;
            case StoredKind.Inline:
                return StoredBody.Inline(Bytes());
            case StoredKind.Blob:
                var (page, parts, length) = (Page(), Count(), Count());
                return new StoredBody(StoredKind.Blob, default, page, parts, length);
            default:
                throw Damaged();
        }
    }

    public PageRef Reference()
    {
        var (first, last) = (Ascii(), Ascii());
        return new PageRef(first, last, Page(), Count(), Count(), Bool());
    }

    public Garbage Garbage() => new((GarbageKind)Byte(), Page(), Time());

    public static FormatException Damaged() => new("The record is damaged, or of a release that is not known here.");

    private static DateTimeOffset TimeOf(long ticks) =>
        ticks <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : throw Damaged();

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Damaged();
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
