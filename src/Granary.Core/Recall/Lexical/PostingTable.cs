namespace Granary.Core.Recall.Lexical;

/// <summary>
/// For each term the units that have it, ascending, with how often: 28 bits of unit, 4 bits of count. One writer; readers may read meanwhile:
/// what a span shows never changes.
/// </summary>
internal sealed class PostingTable
{
    /// <summary>The greatest count kept; a greater one counts as this.</summary>
    public const int MaxCount = 15;

    /// <summary>Units that an index can number.</summary>
    public const int MaxUnits = 1 << 28;

    private List[] lists = new List[32];

    /// <summary>Units, alive, that have a term.</summary>
    public int Frequency(int term)
    {
        var all = Volatile.Read(ref lists);
        return term < all.Length && all[term] is { } list ? Volatile.Read(ref list.Alive) : 0;
    }

    /// <summary>A term's postings, those of removed units included.</summary>
    public ReadOnlySpan<uint> Of(int term)
    {
        var all = Volatile.Read(ref lists);
        if (term >= all.Length || Volatile.Read(ref all[term]) is not { } list)
        {
            return default;
        }

        var count = Volatile.Read(ref list.Count);
        return Volatile.Read(ref list.Items).AsSpan(0, count);
    }

    /// <summary>The unit of a posting.</summary>
    public static int Unit(uint posting) => (int)(posting >> 4);

    /// <summary>How often the unit has the term, 1 to <see cref="MaxCount"/>.</summary>
    public static int Count(uint posting) => (int)(posting & 15);

    /// <summary>Packs a number and a count, 1 or more.</summary>
    public static uint Pack(int number, int count) => ((uint)number << 4) | (uint)Math.Min(count, MaxCount);

    /// <summary>Adds a posting; units must come ascending.</summary>
    internal void Add(int term, int unit, int count)
    {
        if (term >= lists.Length)
        {
            var bigger = new List[Math.Max(term + 1, lists.Length + (lists.Length / 2))];
            lists.CopyTo(bigger, 0);
            Volatile.Write(ref lists, bigger);
        }

        var list = lists[term];
        if (list is null)
        {
            list = new List();
            Volatile.Write(ref lists[term], list);
        }

        if (list.Count == list.Items.Length)
        {
            var bigger = new uint[list.Count + Math.Max(1, list.Count / 2)];
            list.Items.CopyTo(bigger, 0);
            Volatile.Write(ref list.Items, bigger);
        }

        list.Items[list.Count] = Pack(unit, count);
        list.Alive++;
        Volatile.Write(ref list.Count, list.Count + 1);
    }

    /// <summary>Counts a removed unit out.</summary>
    internal void CountOut(int term) => lists[term].Alive--;

    private sealed class List
    {
        public uint[] Items = new uint[1];
        public int Count;
        public int Alive;
    }
}
