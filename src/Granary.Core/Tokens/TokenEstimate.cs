using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Granary.Core.Tokens;

/// <summary>Estimates how many tokens a byte-pair tokenizer of the cl100k kind makes of a text, without its vocabulary.</summary>
/// <remarks>
/// The tokenizer first cuts a text into words, groups of up to three digits, runs of punctuation and runs of white space, then merges
/// letters within each. The cuts are counted as its pattern makes them; what the merges leave is a small cost per long word, capital
/// and script. The text is read 64 characters at a time: each kind of character becomes a mask of 64 bits, and what is counted is
/// edges and runs of bits. Costs are in sixteenths of a token.
/// </remarks>
internal static class TokenEstimate
{
    /// <summary>Units of a token.</summary>
    private const int Unit = 16;

    // English words are mostly one token each; the sixteenth stands for the rare ones that are two.
    private const int Word = Unit + 1;
    private const int LetterOfLongWord = 4;
    private const int CapitalAfterLower = 12;
    private const int CapitalAfterCapital = 4;
    private const int Accent = 10;
    private const int DigitOfLongNumber = 6;
    private const int FurtherPunctuation = 5;

    // "n't", "-of", ".com": a mark that belongs to the word after it.
    private const int MarkBeforeWord = 4;

    private const int Block = 64;

    /// <summary>The tokens of a text; 0 for an empty one, otherwise 1 or more.</summary>
    public static int Of(ReadOnlySpan<char> text) => Round(Units(text), text.Length);

    /// <summary>The tokens of a text in UTF-8; what is no UTF-8 counts as replacement characters.</summary>
    public static int Of(ReadOnlySpan<byte> utf8)
    {
        Span<char> buffer = stackalloc char[512];
        long units = 0;
        for (var rest = utf8; rest.Length > 0;)
        {
            System.Text.Unicode.Utf8.ToUtf16(rest, buffer, out var read, out var written);
            units += Units(buffer[..written]);
            rest = rest[read..];
        }

        return Round(units, utf8.Length);
    }

    private static int Round(long units, int length) => length == 0 ? 0 : (int)Math.Max(1, (units + (Unit / 2)) / Unit);

    private static long Units(ReadOnlySpan<char> text)
    {
        var state = default(Runs);
        long units = 0;
        while (text.Length >= Block)
        {
            units += state.Next(text, ulong.MaxValue);
            text = text[Block..];
        }

        if (text.Length > 0)
        {
            Span<char> last = stackalloc char[Block];
            text.CopyTo(last);
            last[text.Length..].Clear();
            units += state.Next(last, (1UL << text.Length) - 1);
        }

        return units;
    }

    /// <summary>The masks of the block before, so that runs go on across the edge.</summary>
    private struct Runs
    {
        private ulong letters;
        private ulong lower;
        private ulong upper;
        private ulong pairs;
        private ulong fours;
        private ulong digits;
        private ulong digitPairs;
        private ulong marks;
        private ulong markStarts;
        private ulong spaces;
        private ulong spacePairs;
        private ulong breaks;

        /// <summary>Counts a block of 64 characters, of which those of <paramref name="valid"/> belong to the text.</summary>
        public int Next(ReadOnlySpan<char> text, ulong valid)
        {
            Classify(text, out var letter, out var small, out var digit, out var space, out var line, out var foreign);
            var units = 0;
            if (foreign != 0)
            {
                units = Foreign(text, foreign, ref letter);
            }

            var mark = ~(letter | digit | space | line | foreign) & valid;
            small = letter & (small | foreign);
            var capital = letter ^ small;

            var words = letter & ~Shift(letter, letters, 1);
            var pair = letter & Shift(letter, letters, 1);
            var four = pair & Shift(pair, pairs, 2);
            var longs = four & Shift(four, fours, 4);
            units += Word * BitOperations.PopCount(words)
                + LetterOfLongWord * BitOperations.PopCount(longs)
                + CapitalAfterLower * BitOperations.PopCount(capital & Shift(small, lower, 1))
                + CapitalAfterCapital * BitOperations.PopCount(capital & Shift(capital, upper, 1));

            var markStart = mark & ~Shift(mark, marks, 1);
            var bound = words & Shift(markStart, markStarts, 1) & ~Shift(space, spaces, 2) & ~Shift(line, breaks, 2);
            units += Unit * BitOperations.PopCount(markStart)
                + FurtherPunctuation * BitOperations.PopCount(mark ^ markStart)
                - (Unit - MarkBeforeWord) * BitOperations.PopCount(bound);

            if (digit != 0)
            {
                var before = Shift(digit, digits, 1);
                var digitPair = digit & before;
                var longNumber = digitPair & Shift(digitPair, digitPairs, 2);
                units += Unit * BitOperations.PopCount(digit & ~before)
                    + Unit * BitOperations.PopCount(digit & Shift(space, spaces, 1))
                    + DigitOfLongNumber * BitOperations.PopCount(longNumber);
                digitPairs = digitPair;
            }
            else
            {
                digitPairs = 0;
            }

            // One space belongs to the word after it. A longer run is one token, and so is a run of line breaks, unless a mark takes it.
            var spacePair = space & Shift(space, spaces, 1);
            units += Unit * BitOperations.PopCount(spacePair & ~Shift(spacePair, spacePairs, 1))
                + Unit * BitOperations.PopCount(line & ~Shift(line, breaks, 1) & ~Shift(mark, marks, 1));

            (letters, lower, upper, pairs, fours) = (letter, small, capital, pair, four);
            (digits, marks, markStarts, spaces, spacePairs, breaks) = (digit, mark, markStart, space, spacePair, line);
            return units;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Shift(ulong mask, ulong before, int count) => mask << count | before >> (64 - count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Classify(
            ReadOnlySpan<char> text, out ulong letter, out ulong small, out ulong digit, out ulong space, out ulong line, out ulong foreign)
        {
            letter = small = digit = space = line = foreign = 0;
            ref var start = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text[..Block]));
            var most = Vector128.Create((ushort)0xFF);
            for (var at = 0; at < Block; at += 16)
            {
                // What is not ASCII becomes a negative byte and so fails every comparison.
                var low = Vector128.Min(Vector128.LoadUnsafe(ref start, (nuint)at), most);
                var high = Vector128.Min(Vector128.LoadUnsafe(ref start, (nuint)at + 8), most);
                var bytes = Vector128.Narrow(low, high).AsSByte();
                var folded = bytes | Vector128.Create((sbyte)0x20);
                var isLetter = Vector128.GreaterThan(folded, Vector128.Create((sbyte)('a' - 1)))
                    & Vector128.LessThan(folded, Vector128.Create((sbyte)('z' + 1)));
                var isDigit = Vector128.GreaterThan(bytes, Vector128.Create((sbyte)('0' - 1)))
                    & Vector128.LessThan(bytes, Vector128.Create((sbyte)('9' + 1)));
                var isSpace = Vector128.Equals(bytes, Vector128.Create((sbyte)' ')) | Vector128.Equals(bytes, Vector128.Create((sbyte)'\t'));
                var isLine = Vector128.Equals(bytes, Vector128.Create((sbyte)'\n')) | Vector128.Equals(bytes, Vector128.Create((sbyte)'\r'));
                letter |= (ulong)isLetter.ExtractMostSignificantBits() << at;
                digit |= (ulong)isDigit.ExtractMostSignificantBits() << at;
                space |= (ulong)isSpace.ExtractMostSignificantBits() << at;
                line |= (ulong)isLine.ExtractMostSignificantBits() << at;
                foreign |= (ulong)bytes.ExtractMostSignificantBits() << at;

                // Small letters have bit 5 set; shifted to the top of each byte it can be collected.
                small |= (ulong)Vector128.ShiftLeft(bytes.AsUInt16(), 2).AsByte().ExtractMostSignificantBits() << at;
            }
        }

        private static int Foreign(ReadOnlySpan<char> text, ulong foreign, ref ulong letter)
        {
            var units = 0;
            for (; foreign != 0; foreign &= foreign - 1)
            {
                var at = BitOperations.TrailingZeroCount(foreign);
                var c = text[at];
                if (ScriptWeights.IsLatin(c))
                {
                    letter |= 1UL << at;
                    units += Accent;
                }
                else
                {
                    units += ScriptWeights.Of(c);
                }
            }

            return units;
        }
    }
}
