namespace Granary.Core.Compaction;

/// <summary>Joins lists of topics.</summary>
internal static class TopicRanking
{
    /// <summary>Topics that are kept.</summary>
    public const int Max = 5;

    /// <summary>
    /// The topics that stand highest in most lists, at most <see cref="Max"/>: each list gives its first topic 1, its second 1/2, and
    /// so on; ties go to the earlier list. Two that differ only in case are one.
    /// </summary>
    public static IReadOnlyList<string> Merge(IEnumerable<IReadOnlyList<string>> lists)
    {
        var scores = new Dictionary<string, double>(StringComparer.OrdinalIgnoreCase);
        var order = new List<string>();
        foreach (var list in lists)
        {
            for (var rank = 0; rank < list.Count; rank++)
            {
                if (!scores.TryGetValue(list[rank], out var score))
                {
                    order.Add(list[rank]);
                }

                scores[list[rank]] = score + (1.0 / (rank + 1));
            }
        }

        return [.. order.OrderByDescending(topic => scores[topic]).Take(Max)];
    }
}
