using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Shortens texts by leaving sentences out.</summary>
internal static class ExtractiveText
{
    private const string Cut = "\u2026";

    /// <summary>
    /// The sentences of a text that say the most, in their order, in at most <paramref name="maxTokens"/>; the text itself if it fits;
    /// the beginning of the best sentence if not even that fits; empty only for an empty text or no tokens.
    /// </summary>
    /// <param name="text">A text; lines that begin with a speaker and a colon keep them.</param>
    /// <param name="maxTokens">The tokens it may have.</param>
    /// <param name="counter">Counts them, or null for an estimate.</param>
    /// <param name="model">The model whose tokens count, or null.</param>
    public static string Shorten(string text, int maxTokens, ITokenCounter? counter, string? model) =>
        Count(text, counter, model) <= maxTokens ? text : Choose(TextAnalysis.Of(EpisodeText.Read(text)), maxTokens, maxTokens, counter, model);

    /// <summary>Writes the best sentences in about <paramref name="aim"/> tokens, never more than <paramref name="maxTokens"/>.</summary>
    public static string Choose(TextAnalysis analysis, int aim, int maxTokens, ITokenCounter? counter, string? model)
    {
        var chosen = SentenceSelection.Choose(analysis, Math.Min(aim, maxTokens));
        while (chosen.Count > 0)
        {
            var text = EpisodeText.Write(analysis, chosen);
            var tokens = Count(text, counter, model);
            if (tokens <= maxTokens)
            {
                return text;
            }

            // The counter of a calibrated model counts more than the estimate: what was chosen last goes first.
            var keep = Math.Min(chosen.Count - 1, (int)((long)chosen.Count * maxTokens / tokens));
            chosen.RemoveRange(keep, chosen.Count - keep);
        }

        return Beginning(analysis, maxTokens, counter, model);
    }

    private static string Beginning(TextAnalysis analysis, int maxTokens, ITokenCounter? counter, string? model)
    {
        var best = -1;
        for (var index = 0; index < analysis.Sentences.Length; index++)
        {
            if (best < 0 || analysis.Sentences[index].Score > analysis.Sentences[best].Score)
            {
                best = index;
            }
        }

        // A text without a sentence, of fences only, still is a text.
        var text = best >= 0 ? EpisodeText.Write(analysis, [best])
            : analysis.Utterances.Count > 0 ? FactRules.Clip(analysis.Utterances[0].Text)
            : "";
        var (low, high) = (0, text.Length);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Count(Clip(text, middle), counter, model) <= maxTokens)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low == 0 ? "" : Clip(text, low);
    }

    private static string Clip(string text, int length)
    {
        if (length >= text.Length)
        {
            return text;
        }

        return text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)].TrimEnd() + Cut;
    }

    private static int Count(string text, ITokenCounter? counter, string? model) => counter?.Count(text, model) ?? TokenEstimate.Of(text);
}
