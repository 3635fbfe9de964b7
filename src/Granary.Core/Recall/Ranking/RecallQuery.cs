using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>What is asked of recall.</summary>
internal sealed record RecallQuery
{
    /// <summary>The question, or words of what is sought.</summary>
    public required string Text { get; init; }

    /// <summary>Results at most, 1 or more.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Which units may be found; null for all. What it refuses counts for nothing, also not for its neighbours or its session.</summary>
    public UnitFilter? Filter { get; init; }

    /// <summary>Now, for "last week", recency and validity; null: the time of the newest message.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Units near in meaning, found by vectors.</summary>
    public IReadOnlyList<VectorCandidate> Vectors { get; init; } = [];
}

/// <summary>Says whether a unit may be found, by what the index keeps of it.</summary>
/// <param name="unit">The unit.</param>
/// <param name="index">The index, to look its names up.</param>
internal delegate bool UnitFilter(in UnitEntry unit, LexicalIndex index);

/// <summary>A unit found by vectors.</summary>
/// <param name="Unit">The number of its first passage.</param>
/// <param name="Cosine">Nearness, -1 to 1.</param>
internal readonly record struct VectorCandidate(int Unit, float Cosine);
