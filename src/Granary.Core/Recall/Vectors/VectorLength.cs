using System.Numerics.Tensors;

namespace Granary.Core.Recall.Vectors;

/// <summary>Tells vectors that can be compared by angle from those that cannot.</summary>
internal static class VectorLength
{
    /// <summary>Numbers in a vector at the most: a sum of so many products of bytes fits 32 bits.</summary>
    public const int MaxDimension = 65_536;

    /// <summary>Below it a vector counts as zero, above <see cref="Max"/> as infinite: products of lengths stay exact in single precision.</summary>
    public const float Min = 1e-12f;

    /// <summary>The greatest length of a vector.</summary>
    public const float Max = 1e12f;

    /// <summary>The Euclidean length; NaN and infinite numbers make it NaN or infinite.</summary>
    public static float Of(ReadOnlySpan<float> vector) => TensorPrimitives.Norm(vector);

    /// <summary>Whether a vector of this length has a direction.</summary>
    public static bool IsUsable(float length) => length is >= Min and <= Max;

    /// <summary>The length of a vector that somebody gave.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, zero, or holds NaN or infinite numbers.</exception>
    public static float Check(ReadOnlySpan<float> vector, string argument)
    {
        if (vector.Length is 0 or > MaxDimension)
        {
            throw new ArgumentException($"A vector has 1 to {MaxDimension} numbers, not {vector.Length}.", argument);
        }

        var length = Of(vector);
        return IsUsable(length)
            ? length
            : throw new ArgumentException($"A vector needs finite numbers and a length from {Min} to {Max}, not {length}.", argument);
    }
}
