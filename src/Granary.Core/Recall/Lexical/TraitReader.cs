using Granary.Core.Compaction.Extraction;
using Granary.Core.Recall.Analysis;

namespace Granary.Core.Recall.Lexical;

/// <summary>Reads from a text what its terms do not say: whether it asks, whether it tells when.</summary>
internal static class TraitReader
{
    /// <summary>Whether a text's last sentence asks.</summary>
    public static UnitTraits Form(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd();
        return !text.IsEmpty && Scripts.Asks(text[^1]) ? UnitTraits.Question : UnitTraits.None;
    }

    /// <summary>What some of a text's terms tell.</summary>
    public static UnitTraits Content(TermList terms, int from, int to)
    {
        var traits = UnitTraits.None;
        for (var i = from; i < to; i++)
        {
            traits |= TimeWords.IsTime(terms[i]) ? UnitTraits.Time : UnitTraits.None;
            traits |= terms.Kind(i) == TermKind.Number ? UnitTraits.Number : UnitTraits.None;
        }

        return traits;
    }
}
