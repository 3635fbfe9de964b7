using System.Runtime.Intrinsics.X86;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

public class ByteProductTests
{
    private static readonly Random Random = new(1);

    public static TheoryData<int> Strides => [128, 256, 1536, VectorLength.MaxDimension];

    [Theory]
    [MemberData(nameof(Strides))]
    public void Every_way_of_multiplying_gives_the_plain_sum(int stride) => Check(
        stride, () => (byte)Random.Next(1, 256), () => (sbyte)Random.Next(-127, 128));

    [Theory]
    [MemberData(nameof(Strides))]
    public void Every_way_of_multiplying_takes_the_extremes(int stride)
    {
        Check(stride, () => 255, () => 127);
        Check(stride, () => 255, () => -127);
        Check(stride, () => 1, () => 127);
        Check(stride, () => 1, () => -127);
        Check(stride, () => 0, () => 0);
    }

    private static void Check(int stride, Func<byte> row, Func<sbyte> query)
    {
        byte[] rows = [.. Enumerable.Range(0, stride).Select(_ => row())];
        sbyte[] queries = [.. Enumerable.Range(0, stride).Select(_ => query())];
        var offset = ByteVector.Offset * queries.Sum(q => q);
        var expected = rows.Zip(queries, (r, q) => (r - ByteVector.Offset) * q).Sum();

        ByteProduct.Sum(in rows[0], in queries[0], stride, offset).ShouldBe(expected);
        ByteProduct.SumPortable(in rows[0], in queries[0], stride).ShouldBe(expected);
        if (Avx2.IsSupported)
        {
            ByteProduct.SumAvx2(in rows[0], in queries[0], stride, offset).ShouldBe(expected);
        }

        if (AvxVnni.IsSupported)
        {
            ByteProduct.SumVnni(in rows[0], in queries[0], stride, offset).ShouldBe(expected);
        }
    }
}
