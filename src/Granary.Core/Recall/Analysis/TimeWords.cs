using System.Collections.Frozen;

namespace Granary.Core.Recall.Analysis;

/// <summary>Terms that tell when.</summary>
internal static class TimeWords
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = Terms().GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a term tells when: a day, a month, a year from 1900 to 2099, "ago", "yesterday".</summary>
    public static bool IsTime(ReadOnlySpan<char> term) =>
        Lookup.Contains(term) || (term.Length == 4 && term[0] is '1' or '2' && term is ['1', '9', ..] or ['2', '0', ..] && !term.ContainsAnyExceptInRange('0', '9'));

    private static FrozenSet<string> Terms()
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(
            "yesterday today tonight tomorrow ago last next week month year weekend day monday tuesday wednesday thursday friday saturday sunday january "
            + "february march april in May june july august september october november december recently spring summer autumn winter christmas",
            terms);
        return Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString()).ToFrozenSet(StringComparer.Ordinal);
    }
}
