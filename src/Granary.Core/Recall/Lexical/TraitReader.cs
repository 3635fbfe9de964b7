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
    /// <param name="terms">The text's terms.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="speakers">Who is talking: they call each other by name, which names nothing.</param>
    public static UnitTraits Content(TermList terms, int from, int to, NameTable speakers)
    {
        var traits = terms.FirstPerson ? UnitTraits.FirstPerson : UnitTraits.None;
        for (var i = from; i < to; i++)
        {
            var isTime = TimeWords.IsTime(terms[i]);
            traits |= isTime ? UnitTraits.Time : UnitTraits.None;
            traits |= terms.Kind(i) == TermKind.Number ? UnitTraits.Number : UnitTraits.None;
            traits |= terms.Kind(i) == TermKind.Name && !isTime && !IsSpeaker(terms[i], speakers) ? UnitTraits.Name : UnitTraits.None;
        }

        return traits;
    }

    /// <summary>Whether a term is a speaker's name or a short form of it, as "Mel" of "Melanie".</summary>
    private static bool IsSpeaker(ReadOnlySpan<char> term, NameTable speakers)
    {
        foreach (var name in speakers.All)
        {
            foreach (var part in name.Terms)
            {
                if (part.StartsWith(term) || term.StartsWith(part))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
