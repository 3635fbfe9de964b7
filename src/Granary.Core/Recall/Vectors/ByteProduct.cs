using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Granary.Core.Recall.Vectors;

/// <summary>The scalar product of a row of bytes and a query, by the best instructions of the processor. See <see cref="ByteVector"/>.</summary>
/// <remarks>
/// System.Numerics.Tensors is not used here: its products of bytes stay in the element type and overflow. The row is unsigned where the
/// instructions want it so; what its offset adds to the sum is the same for all rows of a search, so it is computed once and subtracted.
/// </remarks>
internal static class ByteProduct
{
    /// <summary>The scalar product, of the row without its offset.</summary>
    /// <param name="row">The first byte of a row, 1 to 255 each.</param>
    /// <param name="query">The first byte of the query, -127 to 127 each, 0 in the padding.</param>
    /// <param name="stride">Bytes of both, a multiple of <see cref="ByteVector.Step"/>.</param>
    /// <param name="offset"><see cref="ByteVector.Offset"/> times the sum of the query.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(ref readonly byte row, ref readonly sbyte query, int stride, int offset) =>
        AvxVnni.IsSupported ? SumVnni(in row, in query, stride, offset)
        : Avx2.IsSupported ? SumAvx2(in row, in query, stride, offset)
        : SumPortable(in row, in query, stride);

    /// <summary>VPDPBUSD: four products of bytes are added to each 32-bit sum by one instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SumVnni(ref readonly byte row, ref readonly sbyte query, int stride, int offset)
    {
        var (a, b, c, d) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        for (nuint i = 0; i < (nuint)stride; i += ByteVector.Step)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, Vector256.LoadUnsafe(in row, i), Vector256.LoadUnsafe(in query, i));
            b = AvxVnni.MultiplyWideningAndAdd(b, Vector256.LoadUnsafe(in row, i + 32), Vector256.LoadUnsafe(in query, i + 32));
            c = AvxVnni.MultiplyWideningAndAdd(c, Vector256.LoadUnsafe(in row, i + 64), Vector256.LoadUnsafe(in query, i + 64));
            d = AvxVnni.MultiplyWideningAndAdd(d, Vector256.LoadUnsafe(in row, i + 96), Vector256.LoadUnsafe(in query, i + 96));
        }

        return Vector256.Sum(a + b + (c + d)) - offset;
    }

    /// <summary>Bytes widened to 16 bits, then multiplied and added in pairs to 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SumAvx2(ref readonly byte row, ref readonly sbyte query, int stride, int offset)
    {
        var (a, b) = (Vector256<int>.Zero, Vector256<int>.Zero);
        for (nuint i = 0; i < (nuint)stride; i += 32)
        {
            a += Pairs(in row, in query, i);
            b += Pairs(in row, in query, i + 16);
        }

        return Vector256.Sum(a + b) - offset;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<int> Pairs(ref readonly byte row, ref readonly sbyte query, nuint at) => Avx2.MultiplyAddAdjacent(
            Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(in row, at)), Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(in query, at)));
    }

    /// <summary>Any processor: two products are added in 16 bits before they are widened, because <c>2 * 127 * 127</c> still fits.</summary>
    internal static int SumPortable(ref readonly byte row, ref readonly sbyte query, int stride)
    {
        var sums = Vector128<int>.Zero;
        for (nuint i = 0; i < (nuint)stride; i += 16)
        {
            var (low, high) = Vector128.Widen((Vector128.LoadUnsafe(in row, i) ^ Vector128.Create((byte)ByteVector.Offset)).AsSByte());
            var (queryLow, queryHigh) = Vector128.Widen(Vector128.LoadUnsafe(in query, i));
            var (first, second) = Vector128.Widen((low * queryLow) + (high * queryHigh));
            sums += first + second;
        }

        return Vector128.Sum(sums);
    }
}
