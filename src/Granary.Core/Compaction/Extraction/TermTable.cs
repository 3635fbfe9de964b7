namespace Granary.Core.Compaction.Extraction;

/// <summary>The terms of a text: words that say something, numbered in the order they first came.</summary>
internal sealed class TermTable
{
    private int[] slots = new int[512];
    private Term[] terms = new Term[256];

    /// <summary>How many terms there are.</summary>
    public int Count { get; private set; }

    /// <summary>A term.</summary>
    public ref Term this[int term] => ref terms[term];

    /// <summary>The number of a term; a new one if the hash is new.</summary>
    public int Find(ulong hash, int length, int firstWord)
    {
        if (Count * 2 >= slots.Length)
        {
            Grow();
        }

        for (var slot = Slot(hash); ; slot = (slot + 1) & (slots.Length - 1))
        {
            var term = slots[slot] - 1;
            if (term < 0)
            {
                slots[slot] = Count + 1;
                terms[Count] = new() { Hash = hash, Length = length, FirstWord = firstWord, LastSentence = -1 };
                return Count++;
            }

            if (terms[term].Hash == hash)
            {
                return term;
            }
        }
    }

    // The low bits of the hash alone are poor for short words.
    private int Slot(ulong hash) => (int)((hash * 0x9E3779B97F4A7C15) >> 32) & (slots.Length - 1);

    private void Grow()
    {
        slots = new int[slots.Length * 2];
        Array.Resize(ref terms, slots.Length / 2 + 1);
        for (var term = 0; term < Count; term++)
        {
            var slot = Slot(terms[term].Hash);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (slots.Length - 1);
            }

            slots[slot] = term + 1;
        }
    }

    /// <summary>What is known of a term.</summary>
    public struct Term
    {
        /// <summary>The <see cref="WordHash"/> of its word.</summary>
        public ulong Hash;

        /// <summary>The length of its word in characters.</summary>
        public int Length;

        /// <summary>The index of the word it came with first.</summary>
        public int FirstWord;

        /// <summary>How many sentences have it.</summary>
        public int Sentences;

        /// <summary>The last sentence that had it.</summary>
        public int LastSentence;

        /// <summary>How often it was written like a name: with a capital within a sentence.</summary>
        public int AsName;

        /// <summary>What it is worth.</summary>
        public double Weight;
    }
}
