namespace Granary.Core.Recall;

/// <summary>Makes vectors of texts, so that texts of near meaning have near vectors. Runs outside every actor; may take its time.</summary>
public interface IEmbedder
{
    /// <summary>The model; vectors of different models must not be compared.</summary>
    string Model { get; }

    /// <summary>Numbers in each vector, 1 or more.</summary>
    int Dimensions { get; }

    /// <summary>Makes a vector of each text, in order.</summary>
    /// <param name="texts">The texts; none is empty.</param>
    /// <param name="purpose">What the vectors are for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>One vector a text, each of length 1 (Euclidean) and of <see cref="Dimensions"/> numbers.</returns>
    /// <exception cref="Exception">Any: the caller does without.</exception>
    ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default);
}

/// <summary>What a vector is for: some models make different ones.</summary>
public enum EmbeddingPurpose
{
    /// <summary>To be found.</summary>
    Document,

    /// <summary>To find with.</summary>
    Query,
}
