namespace Granary.Core.Recall.Analysis;

/// <summary>The terms of one text, in order. Made to be used again and again without allocation; for one thread at a time.</summary>
internal sealed class TermList
{
    private char[] characters = new char[512];
    private Entry[] entries = new Entry[64];
    private int used;

    /// <summary>How many terms.</summary>
    public int Count { get; private set; }

    /// <summary>Words of the text, those without a term of their own included.</summary>
    public int Words { get; private set; }

    /// <summary>Whether the text speaks of the one who says it: "I", "my", "we".</summary>
    public bool FirstPerson { get; private set; }

    /// <summary>A term's characters; valid until the list is used again.</summary>
    public ReadOnlySpan<char> this[int index] => characters.AsSpan(entries[index].Start, entries[index].Length);

    /// <summary>What a term is made of.</summary>
    public TermKind Kind(int index) => entries[index].Kind;

    /// <summary>The place of a term's word among the words of the text, from 0.</summary>
    public int Position(int index) => entries[index].Position;

    /// <summary>Empties the list.</summary>
    public void Clear() => (Count, Words, FirstPerson, used) = (0, 0, false, 0);

    /// <summary>Counts a word.</summary>
    internal void Word() => Words++;

    /// <summary>Notes that the text speaks of the one who says it.</summary>
    internal void NoteFirstPerson() => FirstPerson = true;

    /// <summary>Adds a term of the word counted last.</summary>
    internal void Add(ReadOnlySpan<char> term, TermKind kind)
    {
        if (used + term.Length > characters.Length)
        {
            Array.Resize(ref characters, Math.Max(characters.Length * 2, used + term.Length));
        }

        if (Count == entries.Length)
        {
            Array.Resize(ref entries, Count * 2);
        }

        term.CopyTo(characters.AsSpan(used));
        entries[Count++] = new Entry(used, term.Length, Math.Max(0, Words - 1), kind);
        used += term.Length;
    }

    private readonly record struct Entry(int Start, int Length, int Position, TermKind Kind);
}
