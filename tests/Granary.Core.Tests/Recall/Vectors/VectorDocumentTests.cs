using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

public class VectorDocumentTests
{
    private static readonly float[] Vector = [0.5f, -1.25f, 3f, 0f, 1e-20f];

    [Theory]
    [InlineData("m")]
    [InlineData("text-embedding-3-small")]
    [InlineData("modèle/日本語 😀")]
    public void A_vector_comes_back_as_it_was(string model)
    {
        var document = VectorDocument.Decode(VectorDocument.Encode(model, Vector));

        document.Values.ToArray().ShouldBe(Vector);
        document.Model.ShouldBe(model);
        document.IsOf(model).ShouldBeTrue();
        document.IsOf(model + "2").ShouldBeFalse();
        document.Length.ShouldBe(MathF.Sqrt(0.25f + 1.5625f + 9f), 1e-6f);
    }

    [Fact]
    public void Any_usable_vector_comes_back() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<float[]>().Filter(v => v.Length > 0 && VectorLength.IsUsable(VectorLength.Of(v))),
        vector => VectorDocument.Decode(VectorDocument.Encode("m", vector)).Values.ToArray().ShouldBe(vector)));

    [Fact]
    public void The_format_of_version_1_stays_readable()
    {
        // Made by the first version of the code: a change of the format needs a new version and a reader of this one.
        var document = VectorDocument.Decode(Convert.FromHexString("6776010002000000010000009EAC7948060000006D6F64656C2D00000000803F000000C0"));

        document.Model.ShouldBe("model-");
        document.Values.ToArray().ShouldBe([1f, -2f]);
    }

    [Theory]
    [InlineData()]
    [InlineData(0f, 0f)]
    [InlineData(1f, float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1f, float.NegativeInfinity)]
    [InlineData(1e-20f)]
    [InlineData(1e30f)]
    public void A_vector_without_direction_is_refused(params float[] vector) =>
        Should.Throw<ArgumentException>(() => VectorDocument.Encode("m", vector));

    [Fact]
    public void A_vector_that_is_too_long_is_refused() =>
        Should.Throw<ArgumentException>(() => VectorDocument.Encode("m", Enumerable.Repeat(1f, VectorLength.MaxDimension + 1).ToArray()));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public void A_vector_needs_a_model(string? model) => Should.Throw<ArgumentException>(() => VectorDocument.Encode(model!, Vector));

    [Fact]
    public void The_name_of_a_model_has_an_end()
    {
        Should.Throw<ArgumentException>(() => VectorDocument.Encode(new string('m', VectorHeader.MaxModelBytes + 1), Vector));
        var longest = new string('m', VectorHeader.MaxModelBytes);
        VectorDocument.Decode(VectorDocument.Encode(longest, Vector)).IsOf(longest).ShouldBeTrue();
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        var body = VectorDocument.Encode("model", Vector);
        for (var at = 0; at < body.Length; at++)
        {
            foreach (var change in (byte[])[1, 128, 255])
            {
                var damaged = body.ToArray();
                damaged[at] ^= change;
                Should.Throw<InvalidDataException>(() => VectorDocument.Decode(damaged), $"byte {at}");
            }
        }
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        var body = VectorDocument.Encode("model", Vector);
        for (var length = 0; length < body.Length; length++)
        {
            Should.Throw<InvalidDataException>(() => VectorDocument.Decode(body.AsMemory(0, length)));
        }

        Should.Throw<InvalidDataException>(() => VectorDocument.Decode((byte[])[.. body, 0]));
    }

    [Fact]
    public void Garbage_is_told_by_one_exception_only() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            Should.Throw<InvalidDataException>(() => VectorDocument.Decode(bytes));
            Should.Throw<InvalidDataException>(() => VectorDocument.Decode((byte[])[.. "gv\u0001\0"u8, .. bytes]));
            Should.Throw<InvalidDataException>(() => VectorSegment.Decode((byte[])[.. "gs\u0001\0"u8, .. bytes]));
        }));

    [Fact]
    public void The_checksum_is_the_common_one() => Checksum.Of("123456789"u8).ShouldBe(0xE3069283);

    [Fact]
    public void A_segment_is_no_vector()
    {
        var index = new VectorIndex("m", 2);
        index.Set(0, [1, 2]);

        Should.Throw<InvalidDataException>(() => VectorDocument.Decode(index.Encode([0])));
        Should.Throw<InvalidDataException>(() => VectorSegment.Decode(VectorDocument.Encode("m", [1, 2])));
    }
}
