using Granary.Core.Recall.Vectors;
using Granary.Core.Storage;

namespace Granary.Core.Tests.Recall.Vectors;

public class VectorSegmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(1536)]
    [InlineData(VectorLength.MaxDimension)]
    public void The_greatest_segment_fits_a_page_of_the_store(int dimension)
    {
        var rows = VectorSegment.MaxRows(dimension);
        var model = new string('m', VectorHeader.MaxModelBytes);
        var index = new VectorIndex(model, dimension);
        for (var unit = 0; unit <= rows; unit++)
        {
            index.Set(unit, Enumerable.Repeat(1f, dimension).ToArray());
        }

        var body = index.Encode([.. Enumerable.Range(0, rows)]);

        rows.ShouldBeGreaterThan(0);
        body.Length.ShouldBeLessThanOrEqualTo(StorageLimits.PageBytes - StorageLimits.MaxDocumentIdLength);
        VectorSegment.Decode(body).Count.ShouldBe(rows);
        Should.Throw<ArgumentException>(() => index.Encode([.. Enumerable.Range(0, rows + 1)]));
    }

    [Fact]
    public void A_segment_names_its_model_dimension_and_units()
    {
        var segment = VectorSegment.Decode(Sample().Encode([7, 2, 900]));

        segment.Model.ShouldBe("model");
        segment.Dimension.ShouldBe(3);
        Enumerable.Range(0, segment.Count).Select(segment.Unit).ShouldBe([7, 2, 900]);
    }

    [Fact]
    public void The_format_of_version_1_stays_readable()
    {
        // Made by the first version of the code: a change of the format needs a new version and a reader of this one.
        var body = new byte[36 + ByteVector.Step];
        Convert.FromHexString("677301000300000001000000AFF327AB050000006D6F64656C0000000700000076C6F43BFF80AA").CopyTo(body, 0);

        var segment = VectorSegment.Decode(body);

        segment.Unit(0).ShouldBe(7);
        segment.Factor(0).ShouldBe(3 / (127 * MathF.Sqrt(10)), 1e-7f);
        segment.Row(0).ToArray().ShouldBe(new byte[] { 255, 128, 170 });
    }

    [Fact]
    public void Units_without_a_vector_cannot_be_encoded() => Should.Throw<ArgumentException>(() => Sample().Encode([7, 3]));

    [Fact]
    public void Every_changed_byte_and_every_cut_is_noticed()
    {
        var body = Sample().Encode([7, 2, 900]);
        for (var at = 0; at < body.Length; at++)
        {
            var damaged = body.ToArray();
            damaged[at] ^= 1;
            Should.Throw<InvalidDataException>(() => VectorSegment.Decode(damaged), $"byte {at}");
            Should.Throw<InvalidDataException>(() => VectorSegment.Decode(body.AsMemory(0, at)));
        }
    }

    [Fact]
    public void A_segment_of_nothing_is_a_segment() => VectorSegment.Decode(Sample().Encode([])).Count.ShouldBe(0);

    private static VectorIndex Sample()
    {
        var index = new VectorIndex("model", 3);
        index.Set(7, [3, 0, 1]);
        index.Set(2, [0, 1, 0]);
        index.Set(900, [1, -2, -2]);
        return index;
    }
}
