using System.Buffers.Binary;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Users.Indexing;

/// <summary>A record of a page of postings.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">The user's how many-th it is: ids may come again, numbers do not.</param>
/// <param name="Revision">The revision that the postings are of.</param>
internal readonly record struct PostedRecord(string Id, long Number, int Revision);

/// <summary>
/// The postings of some records as they are stored: a version, number and revision of each, then a segment with the records as its sources in the same
/// order. It may tell of what is no more: number and revision show what still holds. Its terms are words of the records.
/// </summary>
/// <param name="records">The records.</param>
/// <param name="segment">Their postings.</param>
internal sealed class PostingsPage(IReadOnlyList<PostedRecord> records, SegmentData segment)
{
    private const byte Version = 1;
    private const int HeadLength = 5;
    private const int RecordLength = 12;

    /// <summary>The records.</summary>
    public IReadOnlyList<PostedRecord> Records => records;

    /// <summary>The page as bytes.</summary>
    public byte[] Encode()
    {
        var postings = SegmentCodec.Encode(segment);
        var bytes = new byte[HeadLength + (records.Count * RecordLength) + postings.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), records.Count);
        var rest = bytes.AsSpan(HeadLength);
        foreach (var record in records)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, record.Number);
            BinaryPrimitives.WriteInt32LittleEndian(rest[sizeof(long)..], record.Revision);
            rest = rest[RecordLength..];
        }

        postings.CopyTo(rest);
        return bytes;
    }

    /// <summary>Reads a page.</summary>
    /// <returns>Null if it was made by another version of the analyzer: its terms would not be found.</returns>
    /// <exception cref="InvalidDataException">The bytes are damaged, or of a later release.</exception>
    public static PostingsPage? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadLength || bytes[0] != Version
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]) is var count && (count < 0 || count > (bytes.Length - HeadLength) / RecordLength))
        {
            throw new InvalidDataException("Postings of records that are damaged, or of a later release.");
        }

        var postings = bytes[(HeadLength + (count * RecordLength))..];
        if (!SegmentCodec.IsCurrent(postings))
        {
            return null;
        }

        var segment = SegmentCodec.Decode(postings);
        if (segment.Sources.Count != count)
        {
            throw new InvalidDataException("Postings of other records than it says.");
        }

        var records = new PostedRecord[count];
        for (var i = 0; i < count; i++)
        {
            var record = bytes[(HeadLength + (i * RecordLength))..];
            records[i] = new PostedRecord(
                segment.Sources[i].Id, BinaryPrimitives.ReadInt64LittleEndian(record), BinaryPrimitives.ReadInt32LittleEndian(record[sizeof(long)..]));
        }

        return new PostingsPage(records, segment);
    }

    /// <summary>The postings of some of the records.</summary>
    /// <param name="accesses">The ids of these, each with how often it was used.</param>
    public SegmentData Select(IReadOnlyDictionary<string, int> accesses) => new()
    {
        Sources = [.. segment.Sources.Select(source => accesses.TryGetValue(source.Id, out var count)
            ? source with { Record = source.Record with { Accesses = (ushort)Math.Clamp(count, 0, ushort.MaxValue) } }
            : source)],
        Names = segment.Names,
        Agents = segment.Agents,
        Terms = segment.Terms,
        Units = accesses.Count == records.Count ? segment.Units : [.. segment.Units.Where(unit => accesses.ContainsKey(segment.Sources[unit.Source].Id))],
        Postings = segment.Postings,
    };
}
