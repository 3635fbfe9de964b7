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

    /// <summary>Counts a name's passages.</summary>
    internal void Count(int number, int sign) => Volatile.Write(ref names[number].Alive, names[number].Alive + sign);

    /// <summary>A name and its terms.</summary>
    internal sealed class Name(string text, IReadOnlyList<string> terms)
    {
        /// <summary>Passages alive that have it.</summary>
        public int Alive;

        /// <summary>The name as it was given.</summary>
        public string Text { get; } = text;

        /// <summary>Its terms.</summary>
        public IReadOnlyList<string> Terms { get; } = terms;
    }
}
