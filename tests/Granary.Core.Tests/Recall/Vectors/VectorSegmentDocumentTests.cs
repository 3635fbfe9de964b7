using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Vectors;
using Granary.Core.Users.Indexing;

namespace Granary.Core.Tests.Recall.Vectors;

public class VectorSegmentDocumentTests
{
    private static readonly VectorKey[] Keys = [new("s1", 1, 0), new("mem_1", 0, ulong.MaxValue), new("s1", long.MaxValue, 0), new("mem_1", 0, 7)];

    [Fact]
    public void What_was_written_is_read()
    {
        var segment = Segment();
        var (keys, read) = VectorSegmentDocument.Decode(VectorSegmentDocument.Encode(Keys, segment));
        keys.ShouldBe(Keys);
        read.ToArray().ShouldBe(segment);
        VectorSegment.Decode(read).Count.ShouldBe(4);
    }

    [Fact]
    public void A_damaged_or_cut_segment_is_no_segment()
    {
        var body = VectorSegmentDocument.Encode(Keys, Segment());
        var places = Gen.Choose(0, body.Length - 1).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(places, at =>
        {
            var damaged = body.ToArray();
            damaged[at] ^= 0x10;
            // The three bytes behind the version are not looked at.
            if (at is < 1 or > 3)
            {
                Should.Throw<InvalidDataException>(() => Read(damaged));
            }

            Should.Throw<InvalidDataException>(() => Read(body[..at]));
        }));
    }

    [Fact]
    public async Task A_vector_can_become_that_of_another_unit()
    {
        var index = new VectorIndex("m", 4);
        index.Set(1, [1, 0, 0, 0]);
        index.Set(2, [0, 1, 0, 0]);
        index.Move(1, 7).ShouldBeTrue();
        index.Move(1, 8).ShouldBeFalse();
        index.Move(7, 2).ShouldBeTrue();
        index.Count.ShouldBe(1);
        (index.Contains(1), index.Contains(2), index.Contains(7)).ShouldBe((false, true, false));
        (await index.SearchAsync(new VectorQuery { Vector = new float[] { 1, 0, 0, 0 }, Top = 3 })).ShouldHaveSingleItem().ShouldBe(new VectorHit(2, 1));
    }

    private static void Read(byte[] body) => VectorSegment.Decode(VectorSegmentDocument.Decode(body).Segment);

    private static byte[] Segment()
    {
        var index = new VectorIndex("m", 4);
        for (var unit = 0; unit < Keys.Length; unit++)
        {
            index.Set(unit, [1, unit, 0.5f, -1]);
        }

        return index.Encode([0, 1, 2, 3]);
    }
}
