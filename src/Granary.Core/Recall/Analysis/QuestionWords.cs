using System.Collections.Frozen;

namespace Granary.Core.Recall.Analysis;

/// <summary>Terms by which English questions are put together: they say what sort of answer is wanted more than what it is about.</summary>
internal static class QuestionWords
{
    private static readonly FrozenSet<string> Terms = Read(
        "describe mention share discuss explain state type sort name activity item recently current currently plan decide consider feel feeling prefer "
        + "certain specific various different main new use particular particularly happen occur involve regarding experience respond response reaction react "
        + "reason person time day event");

    private static readonly FrozenSet<string> Months = Read(
        "january february march april in May june july august september october november december");

    /// <summary>Whether a term is one of them.</summary>
    public static bool Contains(string term) => Terms.Contains(term);

    /// <summary>Whether a term is a month.</summary>
    public static bool IsMonth(string term) => Months.Contains(term);

    private static FrozenSet<string> Read(string words)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(words, terms);
        return Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString()).ToFrozenSet(StringComparer.Ordinal);
    }
}
