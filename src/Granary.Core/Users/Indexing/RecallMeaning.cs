using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Users.Indexing;

/// <summary>What a recall can do by vectors.</summary>
/// <param name="Search">Finds the units that are near to the query; null where recall goes by words alone.</param>
/// <param name="Fallback">Why it does, where vectors were asked for or could be expected.</param>
internal sealed record RecallMeaning(MeaningSearch? Search, string? Fallback);

/// <summary>Finds the units whose vectors are nearest to that of one query.</summary>
internal sealed class MeaningSearch(VectorIndex vectors, LexicalIndex lexical, float[] query, ExactVectors exact)
{
    /// <summary>The nearest units that a filter lets pass, the nearest first.</summary>
    /// <exception cref="Storage.StorageException">The store failed.</exception>
    public ValueTask<IReadOnlyList<VectorHit>> FindAsync(int top, RecallPrefilter filter, CancellationToken cancellationToken) => vectors.SearchAsync(
        new VectorQuery { Vector = query, Top = top, Exact = exact, Filter = unit => Passes(unit, filter) }, cancellationToken);

    // A unit that is being added has its vector a moment before it is complete.
    private bool Passes(int unit, RecallPrefilter filter) =>
        unit < lexical.UnitCount && lexical.Units[unit] is { IsRemoved: false } entry && filter.Passes(entry, lexical);
}
