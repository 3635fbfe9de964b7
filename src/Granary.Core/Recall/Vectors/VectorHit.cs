namespace Granary.Core.Recall.Vectors;

/// <summary>A unit that a search found.</summary>
/// <param name="Unit">The unit's id, as it was given to the index.</param>
/// <param name="Score">The cosine of the angle between its vector and the query's, -1 to 1.</param>
internal readonly record struct VectorHit(int Unit, float Score) : IComparable<VectorHit>
{
    /// <summary>Best first: the higher score, then the lower id, so that an answer never depends on where the vectors lie.</summary>
    public int CompareTo(VectorHit other)
    {
        var byScore = other.Score.CompareTo(Score);
        return byScore != 0 ? byScore : Unit.CompareTo(other.Unit);
    }
}
