namespace Granary.Providers.Postgres;

/// <summary>
/// Makes one order of several by reciprocal ranks (Cormack, Clarke and Büttcher: Reciprocal Rank Fusion outperforms Condorcet and individual Rank
/// Learning Methods, SIGIR 2009): scores of words and distances of vectors cannot be compared, places can.
/// </summary>
internal static class RankFusion
{
    /// <summary>The constant of that paper: how little the first places stand out.</summary>
    private const double Flatness = 60;

    /// <summary>Fuses lists, the best of each first.</summary>
    /// <param name="lists">The lists and how much each counts; one that is empty counts nothing.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The best first, with scores of more than 0 up to 1: what is first in every list that has any has 1.</returns>
    public static IReadOnlyList<(string Id, double Score)> Fuse(IReadOnlyList<(IReadOnlyList<string> Ids, double Weight)> lists, int limit)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        var best = 0.0;
        foreach (var (ids, weight) in lists)
        {
            best += ids.Count > 0 ? weight / (Flatness + 1) : 0;
            for (var place = 0; place < ids.Count; place++)
            {
                scores[ids[place]] = scores.GetValueOrDefault(ids[place]) + (weight / (Flatness + 1 + place));
            }
        }

        // Stable, so that among equals the order of the first lists holds.
        return [.. scores.OrderByDescending(pair => pair.Value).Take(limit).Select(pair => (pair.Key, Math.Min(1, pair.Value / best)))];
    }
}
