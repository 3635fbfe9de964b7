using Granary.Core.Tokens;

namespace Granary.Core.Compaction.Extraction;

/// <summary>
/// Chooses sentences for a number of tokens: each time the one with the most worth for its length, where what the chosen ones say
/// already counts little (maximal marginal relevance: Carbonell and Goldstein, 1998). Gains only shrink while sentences are chosen, so a
/// stale gain at the head of the queue is renewed and put back instead of renewing all (Minoux, 1978).
/// </summary>
internal static class SentenceSelection
{
    /// <summary>The share of a sentence's worth that is lost when others say all of it.</summary>
    private const double Redundancy = 0.85;

    // Keeps very short sentences from winning by their length alone.
    private const double CostOffset = 12;

    /// <summary>Tokens that a speaker's name at the beginning of a line takes, about.</summary>
    private const int LabelTokens = 2;

    /// <summary>The chosen sentences in the order in which they were chosen. Their tokens together are at most <paramref name="maxTokens"/>.</summary>
    public static List<int> Choose(TextAnalysis text, int maxTokens)
    {
        var sentences = text.Sentences;
        var costs = new int[sentences.Length];
        var queue = new PriorityQueue<int, (double, int)>(sentences.Length);
        var covered = new bool[text.Terms.Count];
        var chosen = new List<int>();
        var taken = new bool[sentences.Length];
        var said = new HashSet<ulong>();
        for (var index = 0; index < sentences.Length; index++)
        {
            costs[index] = TokenEstimate.Of(text.TextOf(sentences[index])) + LabelTokens;
            queue.Enqueue(index, (-Gain(text, index, costs, covered), index));
        }

        var left = maxTokens;
        while (queue.TryDequeue(out var index, out var stale))
        {
            var cost = Cost(sentences, index, costs, taken);
            if (taken[index] || cost > left || (chosen.Count > 0 && sentences[index].Score <= SentenceScores.Least))
            {
                continue;
            }

            var gain = (-Gain(text, index, costs, covered), index);
            if (gain.CompareTo(stale) > 0 && queue.TryPeek(out _, out var next) && gain.CompareTo(next) > 0)
            {
                queue.Enqueue(index, gain);
                continue;
            }

            if (!said.Add(WordHash.Of(text.TextOf(sentences[index]))))
            {
                continue;
            }

            left -= cost;
            Take(index);
            if (sentences[index].Companion is var companion and >= 0 && !taken[companion])
            {
                Take(companion);
            }
        }

        return chosen;

        void Take(int index)
        {
            taken[index] = true;
            chosen.Add(index);
            foreach (ref readonly var word in text.WordsOf(text.Sentences[index]))
            {
                if (word.Term >= 0)
                {
                    covered[word.Term] = true;
                }
            }
        }
    }

    private static int Cost(Span<Sentence> sentences, int index, int[] costs, bool[] taken) =>
        costs[index] + (sentences[index].Companion is var companion and >= 0 && !taken[companion] ? costs[companion] : 0);

    private static double Gain(TextAnalysis text, int index, int[] costs, bool[] covered)
    {
        ref var sentence = ref text.Sentences[index];
        double all = 0, known = 0;
        foreach (ref readonly var word in text.WordsOf(sentence))
        {
            if (word.Term >= 0)
            {
                var weight = text.Terms[word.Term].Weight;
                all += weight;
                known += covered[word.Term] ? weight : 0;
            }
        }

        var score = sentence.Score * (1 - (all == 0 ? 0 : Redundancy * known / all));
        return score / Math.Sqrt(costs[index] + CostOffset);
    }
}
