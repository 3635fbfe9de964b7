namespace Granary.Core.Recall.Vectors;

/// <summary>Fetches the documents with the exact vectors of the candidates of a search, written by <see cref="VectorDocument.Encode"/>.</summary>
/// <param name="units">
/// The units, the best first; at most <see cref="VectorQuery.Candidates"/>, which may be more than one call of a store takes.
/// </param>
/// <param name="cancellationToken">Ends the wait.</param>
/// <returns>
/// One body a unit, in order; empty where there is none, or where it belongs to another model: the quantised score stands then.
/// </returns>
internal delegate ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ExactVectors(IReadOnlyList<int> units, CancellationToken cancellationToken);

/// <summary>What a search of a <see cref="VectorIndex"/> looks for.</summary>
internal sealed record VectorQuery
{
    /// <summary>Candidates at the least, so that the nearest of many near duplicates is found too.</summary>
    public const int MinCandidates = 64;

    /// <summary>The query's vector: of the index's dimension and model, of any length that <see cref="VectorIndex"/> takes.</summary>
    public required ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>How many units to find, 1 or more.</summary>
    public required int Top { get; init; }

    /// <summary>
    /// Which units may be found, or null for all. Asked before ranking and never relaxed: fewer than <see cref="Top"/> units are found when
    /// fewer pass. Called from several threads at once, once a vector, so it must be thread-safe and quick.
    /// </summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>Where the exact vectors of the candidates come from, or null to do with the quantised scores.</summary>
    public ExactVectors? Exact { get; init; }

    /// <summary>
    /// How many candidates for each unit to find are rescored at the most, 1 to 100; <see cref="MinCandidates"/> in any case. Of these only
    /// those are that may be among the nearest, as far as the bytes can tell. Unused without <see cref="Exact"/>.
    /// </summary>
    public int Oversample { get; init; } = 8;

    /// <summary>How many candidates the scan keeps.</summary>
    public int Candidates => Exact is null ? Top : (int)Math.Min(Math.Max((long)Top * Oversample, MinCandidates), Array.MaxLength);
}
