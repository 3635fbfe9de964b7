using System.Numerics.Tensors;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// A vector in bytes: each number divided by the greatest magnitude (symmetric, one scale a vector), times 127, rounded, plus 128.
/// The cosine of two is <c>sum((a - 128) * (b - 128)) * factor(a) * factor(b)</c>.
/// </summary>
/// <remarks>The offset makes the stored side unsigned, which is what the multiply-add instructions of x86 want; 0 never occurs.</remarks>
internal static class ByteVector
{
    /// <summary>What stands for zero.</summary>
    public const int Offset = 128;

    /// <summary>The greatest magnitude.</summary>
    public const int Limit = 127;

    /// <summary>Bytes that the scan takes in one step; rows are padded to a multiple.</summary>
    public const int Step = 128;

    /// <summary>Bytes of a row.</summary>
    public static int Stride(int dimension) => (dimension + Step - 1) / Step * Step;

    /// <summary>Writes a vector's bytes.</summary>
    /// <param name="vector">The vector; <see cref="VectorLength"/> took it.</param>
    /// <param name="length">Its Euclidean length.</param>
    /// <param name="row">As many bytes as the vector has numbers.</param>
    /// <returns>The factor that turns its byte products into cosines.</returns>
    public static float Quantize(ReadOnlySpan<float> vector, float length, Span<byte> row)
    {
        var greatest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        var scale = Limit / greatest;
        for (var i = 0; i < vector.Length; i++)
        {
            row[i] = (byte)(MathF.Round(vector[i] * scale) + Offset);
        }

        return greatest / (Limit * length);
    }

    /// <summary>Writes a query's bytes: signed, without the offset.</summary>
    /// <param name="vector">The query; <see cref="VectorLength"/> took it.</param>
    /// <param name="length">Its Euclidean length.</param>
    /// <param name="query">As many bytes as the vector has numbers.</param>
    /// <returns>The factor that turns its byte products into cosines.</returns>
    public static float QuantizeQuery(ReadOnlySpan<float> vector, float length, Span<sbyte> query)
    {
        var greatest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        var scale = Limit / greatest;
        for (var i = 0; i < vector.Length; i++)
        {
            query[i] = (sbyte)MathF.Round(vector[i] * scale);
        }

        return greatest / (Limit * length);
    }
}
