using Granary.Core.Recall.Analysis;

namespace Granary.Core.Recall.Lexical;

/// <summary>Numbers names (of speakers, of agents). One writer; readers may read meanwhile.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private volatile Name[] names = [];

    /// <summary>The names by number.</summary>
    public IReadOnlyList<Name> All => names;

    /// <summary>A name's number, given if it had none. For the writer.</summary>
    public int GetOrAdd(string name)
    {
        if (numbers.TryGetValue(name, out var number))
        {
            return number;
        }

        // Names are few; a new array each keeps readers safe.
        number = names.Length;
        var terms = new TermList();
        TextAnalyzer.Analyze(name, terms);
        names = [.. names, new Name(name, [.. Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString())])];
        numbers.Add(name, number);
        return number;
    }

    /// <summary>A name and its terms.</summary>
    internal sealed record Name(string Text, IReadOnlyList<string> Terms);
}
