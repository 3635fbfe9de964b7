using System.Text;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// A segment of the recall index as it is stored: which messages of which sessions it covers, and their postings. Binary, little-endian: a version, the
/// analyzer's version, the sessions, then the postings.
/// </summary>
internal static class SegmentDocument
{
    private const byte Version = 1;

    /// <summary>Writes a segment.</summary>
    public static byte[] Encode(int analyzer, IReadOnlyList<SessionStretch> sessions, ReadOnlySpan<byte> postings)
    {
        using var stream = new MemoryStream(postings.Length + (sessions.Count * 64) + 16);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write7BitEncodedInt(analyzer);
            writer.Write7BitEncodedInt(sessions.Count);
            foreach (var session in sessions)
            {
                writer.Write(session.Session);
                writer.Write(session.Agent ?? "");
                WritePairs(writer, session.Covered.Stretches);
                writer.Write7BitEncodedInt(session.Documents.Count);
                foreach (var first in session.Documents)
                {
                    writer.Write7BitEncodedInt64(first);
                }

                WritePairs(writer, session.Superseded);
            }

            writer.Write7BitEncodedInt(postings.Length);
            writer.Write(postings);
        }

        return stream.ToArray();
    }

    /// <summary>Reads a segment.</summary>
    /// <returns>Null if it was made by another version of the analyzer: its terms would not be found.</returns>
    /// <exception cref="InvalidDataException">It is no segment, or one of a later release.</exception>
    public static (IReadOnlyList<SessionStretch> Sessions, ReadOnlyMemory<byte> Postings)? Decode(ReadOnlyMemory<byte> body, int analyzer)
    {
        try
        {
            using var stream = new MemoryStream(body.ToArray(), writable: false);
            using var reader = new BinaryReader(stream, Encoding.UTF8);
            if (reader.ReadByte() is var version && version != Version)
            {
                throw new InvalidDataException($"The segment has version {version}; this release reads {Version}.");
            }

            if (reader.Read7BitEncodedInt() != analyzer)
            {
                return null;
            }

            var sessions = new List<SessionStretch>();
            for (var left = Count(reader, body.Length); left > 0; left--)
            {
                var session = new SessionStretch(reader.ReadString());
                session.Agent = reader.ReadString() is { Length: > 0 } agent ? agent : null;
                foreach (var (from, to) in ReadPairs(reader, body.Length))
                {
                    session.Covered.Add(from, to);
                }

                for (var documents = Count(reader, body.Length); documents > 0; documents--)
                {
                    session.Documents.Add(reader.Read7BitEncodedInt64());
                }

                session.Superseded.AddRange(ReadPairs(reader, body.Length));
                sessions.Add(session);
            }

            var length = Count(reader, body.Length);
            var at = (int)stream.Position;
            return at + length == body.Length ? (sessions, body.Slice(at, length)) : throw new InvalidDataException("The segment is cut off.");
        }
        catch (Exception exception) when (exception is IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("The segment cannot be read.", exception);
        }
    }

    private static void WritePairs(BinaryWriter writer, IReadOnlyList<(long From, long To)> pairs)
    {
        writer.Write7BitEncodedInt(pairs.Count);
        foreach (var (from, to) in pairs)
        {
            writer.Write7BitEncodedInt64(from);
            writer.Write7BitEncodedInt64(to);
        }
    }

    private static List<(long From, long To)> ReadPairs(BinaryReader reader, int most)
    {
        var pairs = new List<(long, long)>();
        for (var left = Count(reader, most); left > 0; left--)
        {
            var from = reader.Read7BitEncodedInt64();
            var to = reader.Read7BitEncodedInt64();
            pairs.Add(from >= 0 && to >= from && to < long.MaxValue ? (from, to) : throw new InvalidDataException("The segment names an impossible stretch."));
        }

        return pairs;
    }

    private static int Count(BinaryReader reader, int most) =>
        reader.Read7BitEncodedInt() is var count && count >= 0 && count <= most ? count : throw new InvalidDataException("The segment is larger than it is.");
}
