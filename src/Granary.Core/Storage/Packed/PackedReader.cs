using System.Buffers.Binary;
using System.Text;

namespace Granary.Core.Storage.Packed;

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Whatever the bytes are, it ends, and takes no more memory than they allow.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="damaged">What the <see cref="InvalidDataException"/> says that every method throws for bytes that nobody wrote so.</param>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes, string damaged)
{
    private readonly string _damaged = damaged;
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly InvalidDataException Bad() => new(_damaged);

    public byte Byte(byte most = byte.MaxValue)
    {
        var value = Take(1)[0];
        return value <= most ? value : throw Bad();
    }

    public uint Fixed() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong Number(ulong most = ulong.MaxValue)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value <= most ? value : throw Bad();
            }
        }

        throw Bad();
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number of things of at least one byte each.</summary>
    public int Count() => (int)Number((ulong)_rest.Length);

    /// <summary>A place in a list of so many.</summary>
    public int Place(int count) => count > 0 ? (int)Number((ulong)count - 1) : throw Bad();

    public string Text() => Encoding.UTF8.GetString(Take(Count()));

    public string[] Texts()
    {
        var texts = new string[Count()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = Text();
        }

        return texts;
    }

    /// <summary>So many bytes as they are.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw Bad();
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    /// <summary>All must be read.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw Bad();
        }
    }
}
