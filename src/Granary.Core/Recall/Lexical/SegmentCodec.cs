using System.Buffers.Binary;
using Granary.Core.Recall.Analysis;
using Granary.Core.Storage.Packed;

namespace Granary.Core.Recall.Lexical;

/// <summary>
/// A segment as bytes: mark, version, the analyzer's version, lists of sources, names, agents and terms, units no more, passages with their terms
/// (numbers in 7-bit groups, differences where they are small), and a checksum. Bytes that are not such a segment are told by an exception.
/// </summary>
internal static class SegmentCodec
{
    private const byte Version = 1;
    private const int HeadLength = 4;
    private const int CheckLength = 4;

    private static ReadOnlySpan<byte> Mark => "GX"u8;

    /// <summary>Writes a segment.</summary>
    public static byte[] Encode(SegmentData segment)
    {
        var writer = new PackedWriter(64 * 1024);
        writer.Bytes(Mark);
        writer.Byte(Version);
        writer.Byte(TextAnalyzer.Version);
        writer.Number((ulong)segment.Sources.Count);
        foreach (var (id, isSession, record) in segment.Sources)
        {
            writer.Text(id);
            writer.Byte(isSession ? (byte)1 : (byte)0);
            if (!isSession)
            {
                writer.Signed(record.ValidFrom);
                writer.Signed(record.ValidTo);
                writer.Byte(record.Importance);
                writer.Byte(record.Confidence);
                writer.Number(record.Accesses);
            }
        }

        foreach (var list in (ReadOnlySpan<IReadOnlyList<string>>)[segment.Names, segment.Agents, segment.Terms])
        {
            writer.Number((ulong)list.Count);
            foreach (var text in list)
            {
                writer.Text(text);
            }
        }

        writer.Number((ulong)segment.Removed.Count);
        foreach (var (source, sequence) in segment.Removed)
        {
            writer.Number((ulong)source);
            writer.Signed(sequence);
        }

        writer.Number((ulong)segment.Units.Count);
        var time = 0L;
        foreach (var unit in segment.Units)
        {
            writer.Number((ulong)unit.Source);
            writer.Signed(unit.Sequence);
            writer.Signed(unchecked(unit.Time - time));
            time = unit.Time;
            writer.Number((ulong)unit.Tokens);
            writer.Number((ulong)(unit.Name + 1));
            writer.Number((ulong)unit.Agent);
            writer.Byte((byte)unit.Kind);
            writer.Byte((byte)unit.Role);
            writer.Byte((byte)unit.Traits);
            writer.Number(unit.Length);
            writer.Number(unit.TermCount);
            var last = 0;
            for (var i = unit.Terms; i < unit.Terms + unit.TermCount; i++)
            {
                var term = PostingTable.Unit(segment.Postings[i]);
                writer.Number(((ulong)(term - last) << 4) | (uint)PostingTable.Count(segment.Postings[i]));
                last = term;
            }
        }

        writer.Fixed(Checksum(writer.Written));
        return writer.Written.ToArray();
    }

    /// <summary>Whether bytes are a segment made by the analyzer of today; one of another must be made anew from the texts.</summary>
    public static bool IsCurrent(ReadOnlySpan<byte> bytes) => bytes.Length > HeadLength && bytes.StartsWith(Mark) && bytes[2] == Version && bytes[3] == TextAnalyzer.Version;

    /// <summary>Reads a segment.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a whole segment of this version.</exception>
    public static SegmentData Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadLength + CheckLength || !bytes.StartsWith(Mark))
        {
            throw new InvalidDataException("Not a segment of the recall index.");
        }

        if (!IsCurrent(bytes))
        {
            throw new InvalidDataException($"A segment of the recall index of version {bytes[2]}.{bytes[3]}; this is {Version}.{TextAnalyzer.Version}.");
        }

        var body = bytes[..^CheckLength];
        if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CheckLength..]))
        {
            throw new InvalidDataException("A segment of the recall index with a wrong checksum.");
        }

        var reader = new PackedReader(body[HeadLength..], "A damaged segment of the recall index.");
        var sources = new SegmentSource[reader.Count()];
        for (var i = 0; i < sources.Length; i++)
        {
            var id = reader.Text();
            var isSession = reader.Byte(1) == 1;
            sources[i] = new SegmentSource(id, isSession, isSession ? default : new RecordEntry
            {
                ValidFrom = reader.Signed(),
                ValidTo = reader.Signed(),
                Importance = reader.Byte(),
                Confidence = reader.Byte(),
                Accesses = (ushort)reader.Number(ushort.MaxValue),
            });
        }

        var names = reader.Texts();
        var agents = reader.Texts();
        var terms = reader.Texts();
        var removed = new (int, long)[reader.Count()];
        for (var i = 0; i < removed.Length; i++)
        {
            removed[i] = (reader.Place(sources.Length), reader.Signed());
        }

        var units = new UnitEntry[reader.Count()];
        var postings = new List<uint>();
        var time = 0L;
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = Unit(ref reader, sources, names.Length, agents.Length, terms.Length, postings, ref time);
        }

        reader.End();
        return new SegmentData { Sources = sources, Names = names, Agents = agents, Terms = terms, Removed = removed, Units = units, Postings = postings };
    }

    private static UnitEntry Unit(ref PackedReader reader, SegmentSource[] sources, int names, int agents, int terms, List<uint> postings, ref long time)
    {
        var unit = new UnitEntry
        {
            Source = reader.Place(sources.Length),
            Sequence = reader.Signed(),
            Time = time = unchecked(time + reader.Signed()),
            Tokens = (int)reader.Number(int.MaxValue),
            Name = (int)reader.Number((ulong)names) - 1,
            Agent = reader.Place(agents),
            Kind = (UnitKind)reader.Byte((byte)UnitKind.Profile),
            Role = (MessageRole)reader.Byte((byte)MessageRole.Tool),
            Traits = (UnitTraits)reader.Byte((byte)(UnitTraits.Removed - 1)),
            Length = (ushort)reader.Number(ushort.MaxValue),
            TermCount = (ushort)reader.Number(ushort.MaxValue),
            Terms = postings.Count,
            Previous = UnitEntry.None,
            Next = UnitEntry.None,
        };
        if (unit.IsMessage != sources[unit.Source].IsSession)
        {
            throw reader.Bad();
        }

        var last = 0L;
        for (var i = 0; i < unit.TermCount; i++)
        {
            var number = reader.Number(((ulong)PostingTable.MaxUnits << 4) - 1);
            var count = (int)(number & 15);
            var term = last + (long)(number >> 4);
            if (term >= terms || count == 0 || (i > 0 && term == last))
            {
                throw reader.Bad();
            }

            postings.Add(PostingTable.Pack((int)term, count));
            last = term;
        }

        return unit;
    }

    /// <summary>FNV-1a over 32 bits: against damage, not against malice.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}
