namespace Granary.Llm.Functions;

/// <summary>Ranks texts by the words of a query: BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework").</summary>
internal static class WordRanking
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <summary>A score for each text, 0 where no word of the query is in it.</summary>
    /// <param name="query">The query.</param>
    /// <param name="texts">The words of each text.</param>
    public static double[] Score(string query, IReadOnlyList<(IReadOnlyDictionary<string, int> Counts, int Length)> texts)
    {
        var scores = new double[texts.Count];
        if (texts.Count == 0)
        {
            return scores;
        }

        var averageLength = Math.Max(1, texts.Average(static text => text.Length));
        foreach (var word in Words.Of(query).Distinct(StringComparer.Ordinal))
        {
            var having = texts.Count(text => text.Counts.ContainsKey(word));
            if (having == 0)
            {
                continue;
            }

            var rarity = Math.Log(1 + ((texts.Count - having + 0.5) / (having + 0.5)));
            for (var i = 0; i < texts.Count; i++)
            {
                if (texts[i].Counts.TryGetValue(word, out var count))
                {
                    scores[i] += rarity * count * (K1 + 1) / (count + (K1 * (1 - B + (B * texts[i].Length / averageLength))));
                }
            }
        }

        return scores;
    }
}
