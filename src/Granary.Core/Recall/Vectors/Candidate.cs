namespace Granary.Core.Recall.Vectors;

/// <summary>A unit that may be among the nearest, by the product of bytes.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Score">Its score; comparable with others of the same search.</param>
/// <param name="Factor">The factor of its vector's bytes (<see cref="ByteVector"/>): how coarse they are.</param>
internal readonly record struct Candidate(int Unit, float Score, float Factor) : IComparable<Candidate>
{
    /// <summary>Best first, as <see cref="VectorHit"/>.</summary>
    public int CompareTo(Candidate other)
    {
        var byScore = other.Score.CompareTo(Score);
        return byScore != 0 ? byScore : Unit.CompareTo(other.Unit);
    }

    /// <summary>
    /// How far the score, as a cosine, may be from the true one. Rounding moves each number by half a step at the most, which bounds the
    /// product for certain; in many dimensions these errors are as good as independent, of a variance of a twelfth of the square of a
    /// step each, so that six standard deviations of their sum are a far closer bound.
    /// </summary>
    public float Error(float queryFactor, int dimension) => MathF.Min(
        MathF.Sqrt(dimension) / 2 * (Factor + queryFactor), 6 * MathF.Sqrt(((Factor * Factor) + (queryFactor * queryFactor)) / 12));
}
