using Granary.Core.Recall.Analysis;

namespace Granary.Core.Recall.Lexical;

/// <summary>Numbers names (of speakers, of agents). One writer; readers may read meanwhile.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private Name[] names = new Name[4];
    private volatile int count;

    /// <summary>The names by number, as many as there are now.</summary>
    public IReadOnlyList<Name> All
    {
        get
        {
            // An array that is read after the count has at least so many.
            var known = count;
            return new ArraySegment<Name>(Volatile.Read(ref names), 0, known);
        }
    }

    /// <summary>A name by its number.</summary>
    public Name this[int number] => Volatile.Read(ref names)[number];

    /// <summary>A name's number, given if it had none. For the writer.</summary>
    public int GetOrAdd(string name)
    {
        if (numbers.TryGetValue(name, out var number))
        {
            return number;
        }

        number = count;
        var terms = new TermList();
        TextAnalyzer.Analyze(name, terms);
        if (number == names.Length)
        {
            var bigger = new Name[number * 2];
            names.CopyTo(bigger, 0);
            Volatile.Write(ref names, bigger);
        }

        names[number] = new Name(name, [.. Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString())]);
        count = number + 1;
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
