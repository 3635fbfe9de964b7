using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Granary.Core.Storage.Packed;

/// <summary>Writes bodies of documents that are derived and many: numbers in groups of seven bits (LEB128, signed ones zigzag), texts in UTF-8 behind their length.</summary>
/// <param name="capacity">Bytes to begin with.</param>
internal sealed class PackedWriter(int capacity = 4_096)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    /// <summary>What is written so far.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Bytes(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>In four bytes, the lowest first.</summary>
    public void Fixed(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(sizeof(uint)), value);
        _buffer.Advance(sizeof(uint));
    }

    public void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Signed(long value) => Number((ulong)(value << 1) ^ (ulong)(value >> 63));

    public void Text(string text)
    {
        Number((ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _buffer);
    }
}
