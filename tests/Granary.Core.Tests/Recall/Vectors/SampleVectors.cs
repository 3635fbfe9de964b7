using System.Numerics.Tensors;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

/// <summary>Vectors to search, and the search that needs no index.</summary>
internal static class SampleVectors
{
    public static float[] Any(Random random, int dimension)
    {
        var vector = new float[dimension];
        for (var i = 0; i < dimension; i++)
        {
            vector[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 2;
        }

        return vector;
    }

    /// <summary>Unit vectors, about 50 around each centre, as embeddings of texts on a few topics are.</summary>
    public static float[][] Clustered(Random random, int size, int dimension)
    {
        var centres = Enumerable.Range(0, Math.Max(1, size / 50)).Select(_ => Any(random, dimension)).ToArray();
        return [.. Enumerable.Range(0, size).Select(_ => Unit(Sum(centres[random.Next(centres.Length)], Any(random, dimension))))];
    }

    public static float[] Unit(float[] vector)
    {
        var unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), unit);
        return unit;
    }

    public static float Cosine(float[] query, float[] vector) => Math.Clamp(
        TensorPrimitives.Dot<float>(query, vector) / (TensorPrimitives.Norm<float>(query) * TensorPrimitives.Norm<float>(vector)), -1f, 1f);

    public static List<VectorHit> Nearest(IEnumerable<KeyValuePair<int, float[]>> vectors, float[] query, int top, Func<int, bool>? filter = null) =>
        [.. vectors.Where(v => filter?.Invoke(v.Key) ?? true).Select(v => new VectorHit(v.Key, Cosine(query, v.Value))).Order().Take(top)];

    /// <summary>The store of exact vectors.</summary>
    public static ExactVectors Exact(string model, IReadOnlyDictionary<int, float[]> vectors) => (units, _) =>
        ValueTask.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>([.. units.Select(u => new ReadOnlyMemory<byte>(VectorDocument.Encode(model, vectors[u])))]);

    private static float[] Sum(float[] a, float[] b)
    {
        var sum = new float[a.Length];
        TensorPrimitives.Add(a, b, sum);
        return sum;
    }
}
