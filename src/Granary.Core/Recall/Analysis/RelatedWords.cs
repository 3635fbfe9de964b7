using System.Collections.Frozen;

namespace Granary.Core.Recall.Analysis;

/// <summary>
/// Everyday English words that are said where another is asked for: "job" where the question has "career", "violin" where it has "instrument". Who
/// asks seldom uses the words that were used. A small fixed table, no model; words that it does not have, and other languages, have no relatives.
/// </summary>
internal static partial class RelatedWords
{
    private static readonly Lazy<FrozenDictionary<string, Relatives>.AlternateLookup<ReadOnlySpan<char>>> Lookup = new(
        () => Read().ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>());

    /// <summary>The relatives of a term.</summary>
    /// <param name="term">A term as <see cref="TextAnalyzer"/> makes it.</param>
    /// <returns>Null where there are none.</returns>
    public static Relatives? Of(ReadOnlySpan<char> term) => Lookup.Value.TryGetValue(term, out var relatives) ? relatives : null;

    private static Dictionary<string, Relatives> Read()
    {
        var all = new Dictionary<string, (SortedSet<string> Same, SortedSet<string> Kinds)>(StringComparer.Ordinal);
        var terms = new TermList();
        foreach (var line in Groups.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            var heads = Terms(colon < 0 ? line : line[..colon], terms);
            var kinds = colon < 0 ? [] : Terms(line[(colon + 1)..], terms);
            foreach (var head in heads)
            {
                if (!all.TryGetValue(head, out var relatives))
                {
                    all.Add(head, relatives = (new(StringComparer.Ordinal), new(StringComparer.Ordinal)));
                }

                relatives.Same.UnionWith(heads);
                relatives.Kinds.UnionWith(kinds);
            }
        }

        return all.ToDictionary(
            pair => pair.Key,
            pair => new Relatives([.. pair.Value.Same.Where(word => word != pair.Key)], [.. pair.Value.Kinds.Where(word => !pair.Value.Same.Contains(word))]),
            StringComparer.Ordinal);
    }

    private static string[] Terms(ReadOnlySpan<char> text, TermList terms)
    {
        TextAnalyzer.Analyze(text, terms);
        return [.. Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString())];
    }
}

/// <summary>The relatives of a term; the two have no term in common, and not the term itself.</summary>
/// <param name="Same">Terms for about the same.</param>
/// <param name="Kinds">Terms for kinds, parts and company of it.</param>
internal sealed record Relatives(IReadOnlyList<string> Same, IReadOnlyList<string> Kinds);
