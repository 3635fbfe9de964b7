using System.Runtime.InteropServices;

namespace Granary.Core.Recall.Lexical;

/// <summary>
/// Numbers terms from 0 in the order they come. Keeps all characters in one array, so that a term costs about twenty bytes beside its letters.
/// One writer; readers may look up meanwhile and see each term once it is whole.
/// </summary>
internal sealed class TermTable
{
    /// <summary>Letters that terms of one family share.</summary>
    public const int FamilyPrefix = 5;

    private char[] characters = new char[256];
    private int[] ends = new int[32];
    private volatile int[] slots = new int[64];
    private int[] relatives = new int[32];
    private volatile int[] families = new int[32];
    private volatile int count;

    /// <summary>How many terms.</summary>
    public int Count => count;

    /// <summary>A term's characters.</summary>
    /// <param name="term">Below <see cref="Count"/>.</param>
    public ReadOnlySpan<char> this[int term]
    {
        get
        {
            var start = term == 0 ? 0 : ends[term - 1];
            return characters.AsSpan(start, ends[term] - start);
        }
    }

    /// <summary>A term's number, or -1.</summary>
    public int Find(ReadOnlySpan<char> term)
    {
        var table = slots;
        for (var at = Hash(term);; at++)
        {
            var slot = Volatile.Read(ref table[at & (table.Length - 1)]);
            if (slot == 0)
            {
                return -1;
            }

            if (this[slot - 1].SequenceEqual(term))
            {
                return slot - 1;
            }
        }
    }

    /// <summary>Terms that begin like this one and are about as long: forms that stemming does not bring together ("music", "musician").</summary>
    /// <param name="term">The term itself; it is left out.</param>
    /// <param name="found">Cleared, then filled, newest first.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="postings">Terms without a unit there are left out.</param>
    public void FindFamily(ReadOnlySpan<char> term, List<int> found, int limit, PostingTable postings)
    {
        found.Clear();
        if (!HasFamily(term))
        {
            return;
        }

        var table = families;
        var next = Volatile.Read(ref table[Hash(term[..FamilyPrefix]) & (uint)(table.Length - 1)]);
        while (next != 0 && found.Count < limit)
        {
            var other = this[next - 1];
            if (Math.Abs(other.Length - term.Length) <= FamilyPrefix - 1 && other.StartsWith(term[..FamilyPrefix]) && !other.SequenceEqual(term)
                && postings.Frequency(next - 1) > 0)
            {
                found.Add(next - 1);
            }

            next = Volatile.Read(ref relatives)[next - 1];
        }
    }

    /// <summary>A term's number; given if it had none. For the writer.</summary>
    public int GetOrAdd(ReadOnlySpan<char> term)
    {
        var found = Find(term);
        if (found >= 0)
        {
            return found;
        }

        var number = count;
        var start = number == 0 ? 0 : ends[number - 1];
        Grow(ref characters, start + term.Length);
        Grow(ref ends, number + 1);
        Grow(ref relatives, number + 1);
        term.CopyTo(characters.AsSpan(start));
        ends[number] = start + term.Length;
        if ((number + 1) * 4 > slots.Length * 3)
        {
            Rehash();
        }

        count = number + 1;
        Insert(slots, Hash(term), number);
        Join(families, relatives, number);
        return number;
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (needed > array.Length)
        {
            var bigger = new T[Math.Max(needed, array.Length + (array.Length / 2))];
            array.CopyTo(bigger, 0);

            // Readers take the new array only when it is whole.
            Volatile.Write(ref array, bigger);
        }
    }

    private static void Insert(int[] table, uint hash, int number)
    {
        var at = hash;
        while (table[at & (table.Length - 1)] != 0)
        {
            at++;
        }

        Volatile.Write(ref table[at & (table.Length - 1)], number + 1);
    }

    // What has a digit names one thing: order1024 is no kin of order1025.
    private static bool HasFamily(ReadOnlySpan<char> term) => term.Length >= FamilyPrefix && !term.ContainsAnyInRange('0', '9');

    private void Join(int[] heads, int[] chain, int number)
    {
        if (HasFamily(this[number]))
        {
            ref var head = ref heads[Hash(this[number][..FamilyPrefix]) & (uint)(heads.Length - 1)];
            chain[number] = head;
            Volatile.Write(ref head, number + 1);
        }
    }

    private static uint Hash(ReadOnlySpan<char> term)
    {
        // FNV-1a with a last mixing: short terms differ little in their upper bits.
        var hash = 2166136261u;
        foreach (var b in MemoryMarshal.AsBytes(term))
        {
            hash = (hash ^ b) * 16777619;
        }

        hash ^= hash >> 15;
        hash *= 0x2c1b3c6d;
        return hash ^ (hash >> 13);
    }

    private void Rehash()
    {
        var bigger = new int[slots.Length * 2];
        for (var i = 0; i < count; i++)
        {
            Insert(bigger, Hash(this[i]), i);
        }

        slots = bigger;

        // New chains in new arrays: a reader is still on the old ones.
        var heads = new int[bigger.Length / 2];
        var chain = new int[relatives.Length];
        for (var i = 0; i < count; i++)
        {
            Join(heads, chain, i);
        }

        Volatile.Write(ref relatives, chain);
        families = heads;
    }
}
