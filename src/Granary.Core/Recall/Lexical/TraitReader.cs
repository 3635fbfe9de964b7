using Granary.Core.Compaction.Extraction;
using Granary.Core.Recall.Analysis;

namespace Granary.Core.Recall.Lexical;

/// <summary>Reads from a text what its terms do not say: whether it asks, whether it tells when.</summary>
internal static class TraitReader
{
    /// <summary>Reads a text's traits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="terms">Its terms.</param>
    public static UnitTraits Read(ReadOnlySpan<char> text, TermList terms)
    {
        var traits = UnitTraits.None;
        text = text.TrimEnd();
        if (!text.IsEmpty && Scripts.Asks(text[^1]))
        {
            traits |= UnitTraits.Question;
        }

        for (var i = 0; i < terms.Count; i++)
        {
            if (TimeWords.IsTime(terms[i]))
            {
                return traits | UnitTraits.Time;
            }
        }

        return traits;
    }
}
