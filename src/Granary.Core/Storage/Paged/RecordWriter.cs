using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Granary.Core.Storage.Paged;

/// <summary>Writes the fields of a record: numbers in 7-bit groups (LEB128), texts and bytes behind their length.</summary>
internal sealed class RecordWriter(int capacity)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a number that is not negative.</summary>
    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var span = _buffer.GetSpan(10);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        _buffer.Advance(at);
    }

    public void Fixed(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void Time(DateTimeOffset value) => Number(value.UtcTicks);

    /// <summary>Writes a time that may be missing.</summary>
    public void OptionalTime(DateTimeOffset? value)
    {
        // Ticks of zero, the year 1, stand for none: moved by one, so that no time is lost.
        Number(value is { } time ? time.UtcTicks + 1 : 0);
    }

    public void Ascii(string value)
    {
        Number(value.Length);
        _buffer.Advance(Encoding.ASCII.GetBytes(value, _buffer.GetSpan(value.Length)));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        _buffer.Write(value);
    }

    public void Page(PageId page)
    {
        Number(page.Flush);
        Number(page.Index);
    }

    public void Body(StoredBody body)
    {
        Byte((byte)body.Kind);
        switch (body.Kind)
        {
            case StoredKind.Inline:
                Bytes(body.Bytes.Span);
                break;
            case StoredKind.Blob:
                Page(body.Blob);
                Number(body.Parts);
                Number(body.Length);
                break;
        }
    }

    public void Reference(PageRef page)
    {
        Ascii(page.First);
        Ascii(page.Last);
        Page(page.Page);
        Number(page.Documents);
        Number(page.Bytes);
        Bool(page.Blobs);
    }

    public void Garbage(Garbage garbage)
    {
        Byte((byte)garbage.Kind);
        Page(garbage.Page);
        Time(garbage.Since);
    }
}
