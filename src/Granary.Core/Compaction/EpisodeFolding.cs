using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Folds episodes that have become too many into fewer and shorter ones: what is long ago is told in less.</summary>
internal static class EpisodeFolding
{
    /// <summary>The share that the newest episodes keep as they are; all before them become one.</summary>
    private const double VerbatimShare = 0.6;

    /// <summary>What an episode costs beside its text: number and line break.</summary>
    private const int LineTokens = 3;

    /// <summary>The episodes in at most about <paramref name="maxTokens"/>, oldest first; none if that is too little for any.</summary>
    public static IReadOnlyList<Episode> Fold(IReadOnlyList<Episode> episodes, int maxTokens, ITokenCounter counter, string? model)
    {
        var costs = episodes.Select(episode => counter.Count(episode.Summary, model) + LineTokens).ToArray();
        if (costs.Sum(cost => (long)cost) <= maxTokens)
        {
            return episodes;
        }

        var first = episodes.Count;
        long kept = 0;
        while (first > 1 && kept + costs[first - 1] <= maxTokens * VerbatimShare)
        {
            kept += costs[--first];
        }

        var result = new List<Episode>(episodes.Count - first + 2);
        var older = episodes.Take(first).ToList();
        var left = (int)(maxTokens - kept);
        if (older.Count > 1 && first == episodes.Count)
        {
            // Not even the newest fits its share: it gets that share, and what came before it the rest.
            var newest = Short(older[^1..], (int)(left * VerbatimShare));
            Add(Short(older[..^1], left - (int)(left * VerbatimShare)));
            Add(newest);
            return result;
        }

        Add(Short(older, left));
        result.AddRange(episodes.Skip(first));
        return result;

        Episode Short(List<Episode> parts, int tokens) => new(
            parts.Min(part => part.FirstSequence),
            parts.Max(part => part.LastSequence),
            ExtractiveText.Shorten(string.Join('\n', parts.Select(part => part.Summary)), Math.Max(0, tokens - LineTokens), counter, model));

        void Add(Episode episode)
        {
            if (episode.Summary.Length > 0)
            {
                result.Add(episode);
            }
        }
    }
}
