using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Users.Indexing;

namespace Granary.Core.Tests.Users.Indexing;

public class SegmentDocumentTests
{
    private static readonly byte[] Stored = SegmentDocument.Encode(7, [Stretch("s1", "coder"), Stretch("s:2", null)], [1, 2, 3]);

    [Fact]
    public void A_segment_comes_back_as_it_was()
    {
        var read = SegmentDocument.Decode(Stored, 7)!.Value;
        read.Postings.ToArray().ShouldBe([1, 2, 3]);
        read.Sessions.Select(session => (session.Session, session.Agent)).ShouldBe([("s1", "coder"), ("s:2", null)]);
        foreach (var session in read.Sessions)
        {
            session.Covered.Stretches.ShouldBe([(1L, 4L), (9L, 9L)]);
            session.Documents.ShouldBe([1L, 3L, 9L]);
            session.Superseded.ShouldBe([(3L, 4L)]);
        }
    }

    [Fact]
    public void One_of_another_analyzer_is_none() => SegmentDocument.Decode(Stored, 8).ShouldBeNull();

    [Fact]
    public void Any_bytes_are_a_segment_or_refused() => Prop.ForAll<byte[]>(bytes =>
    {
        Read(bytes);
        Read([1, 7, .. bytes]);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_damaged_segment_is_read_or_refused()
    {
        for (var at = 0; at < Stored.Length; at++)
        {
            Should.Throw<InvalidDataException>(() => SegmentDocument.Decode(Stored.AsMemory(0, at), 7));
            for (var value = 0; value < 256; value += 5)
            {
                var damaged = Stored.ToArray();
                damaged[at] = (byte)value;
                Read(damaged);
            }
        }
    }

    [Fact]
    public void A_stretch_without_an_end_is_refused()
    {
        var endless = new SessionStretch("s1");
        endless.Superseded.Add((1, long.MaxValue));
        Should.Throw<InvalidDataException>(() => SegmentDocument.Decode(SegmentDocument.Encode(7, [endless], []), 7));
    }

    private static void Read(byte[] bytes)
    {
        try
        {
            SegmentDocument.Decode(bytes, 7);
        }
        catch (InvalidDataException)
        {
        }
    }

    private static SessionStretch Stretch(string session, string? agent)
    {
        var stretch = new SessionStretch(session) { Agent = agent };
        stretch.Covered.Add(1, 4);
        stretch.Covered.Add(9, 9);
        stretch.Documents.AddRange([1, 3, 9]);
        stretch.Superseded.Add((3, 4));
        return stretch;
    }
}
