using System.Buffers.Binary;
using System.Text;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// A segment of quantised vectors as it is stored (<c>q:</c>): what each row belongs to, then a <see cref="VectorSegment"/>. Binary, little-endian: a
/// version, three zeros, bytes of the keys (4), their CRC-32C (4), the keys, the segment. A copy only: all of it is in the exact vectors too, so a segment
/// may be dropped at any time.
/// </summary>
internal static class VectorSegmentDocument
{
    private const byte Version = 1;
    private const int HeadBytes = 12;

    /// <summary>Writes a segment.</summary>
    /// <param name="keys">What the rows belong to, in their order.</param>
    /// <param name="segment">The rows, of <see cref="VectorIndex.Encode"/>.</param>
    public static byte[] Encode(IReadOnlyList<VectorKey> keys, ReadOnlySpan<byte> segment)
    {
        using var stream = new MemoryStream((keys.Count * 16) + HeadBytes);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            var sources = keys.Select(key => key.Source).Distinct(StringComparer.Ordinal).ToList();
            var numbers = sources.Select((source, i) => (source, i)).ToDictionary(pair => pair.source, pair => pair.i, StringComparer.Ordinal);
            writer.Write7BitEncodedInt(sources.Count);
            sources.ForEach(writer.Write);
            writer.Write7BitEncodedInt(keys.Count);
            foreach (var key in keys)
            {
                writer.Write7BitEncodedInt(numbers[key.Source]);
                writer.Write7BitEncodedInt64(key.Sequence);
                if (!key.IsMessage)
                {
                    writer.Write(key.Text);
                }
            }
        }

        var names = stream.GetBuffer().AsSpan(0, (int)stream.Length);
        var body = new byte[HeadBytes + names.Length + segment.Length];
        body[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), names.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), Checksum.Of(names));
        names.CopyTo(body.AsSpan(HeadBytes));
        segment.CopyTo(body.AsSpan(HeadBytes + names.Length));
        return body;
    }

    /// <summary>Reads what the rows belong to, and where the segment begins.</summary>
    /// <exception cref="InvalidDataException">It is none, of another version, cut or damaged.</exception>
    public static (IReadOnlyList<VectorKey> Keys, ReadOnlyMemory<byte> Segment) Decode(ReadOnlyMemory<byte> body)
    {
        if (body.Length < HeadBytes || body.Span[0] != Version
            || BinaryPrimitives.ReadInt32LittleEndian(body.Span[4..]) is var length && (length < 0 || length > body.Length - HeadBytes))
        {
            throw new InvalidDataException("This is no segment of vectors that this release reads.");
        }

        var names = body.Slice(HeadBytes, length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(body.Span[8..]) != Checksum.Of(names.Span))
        {
            throw new InvalidDataException("A segment of vectors is damaged: its checksum does not fit.");
        }

        using var reader = new BinaryReader(new MemoryStream(names.ToArray(), writable: false), Encoding.UTF8);
        var sources = new string[reader.Read7BitEncodedInt()];
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i] = reader.ReadString();
        }

        var keys = new VectorKey[reader.Read7BitEncodedInt()];
        for (var i = 0; i < keys.Length; i++)
        {
            var source = sources[reader.Read7BitEncodedInt()];
            var sequence = reader.Read7BitEncodedInt64();
            keys[i] = new VectorKey(source, sequence, sequence > 0 ? 0 : reader.ReadUInt64());
        }

        return (keys, body[(HeadBytes + length)..]);
    }
}
