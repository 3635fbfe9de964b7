namespace Granary.Core.Recall.Vectors;

/// <summary>A query as the scan wants it.</summary>
internal readonly struct ScanQuery
{
    /// <summary>Makes one of a vector.</summary>
    /// <exception cref="ArgumentException">The vector cannot be compared by angle.</exception>
    public ScanQuery(ReadOnlySpan<float> vector, Func<int, bool>? filter)
    {
        Length = VectorLength.Check(vector, nameof(vector));
        Bytes = new sbyte[ByteVector.Stride(vector.Length)];
        Factor = ByteVector.QuantizeQuery(vector, Length, Bytes);
        Filter = filter;
        foreach (var value in Bytes)
        {
            Offset += ByteVector.Offset * value;
        }
    }

    /// <summary>The query's bytes, padded.</summary>
    public sbyte[] Bytes { get; }

    /// <summary>What the offset of a row's bytes adds to its product with the query.</summary>
    public int Offset { get; }

    /// <summary>Turns scores of the scan into cosines; the same for all rows.</summary>
    public float Factor { get; }

    /// <summary>The vector's Euclidean length.</summary>
    public float Length { get; }

    /// <summary>Which units may be found.</summary>
    public Func<int, bool>? Filter { get; }
}
