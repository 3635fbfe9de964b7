namespace Granary.Core.Tokens;

/// <summary>What a character outside ASCII costs, in sixteenths of a token.</summary>
/// <remarks>
/// Tokens per character of cl100k_base, from the parallel sentences of FLORES-200 as measured by Petrov et al., "Language Model
/// Tokenizers Introduce Unfairness Between Languages" (2023), rounded, and between that and the newer, milder tokenizers for the
/// scripts of China, Japan and Korea.
/// </remarks>
internal static class ScriptWeights
{
    private static readonly byte[] Weights = Build();

    /// <summary>Whether a character outside ASCII is a letter of the Latin alphabet: it belongs to the word around it.</summary>
    public static bool IsLatin(char c) => c is >= '\u00C0' and <= '\u024F' && c is not ('\u00D7' or '\u00F7');

    /// <summary>The cost of a character outside ASCII that is no Latin letter; for half a surrogate pair half of the pair's cost.</summary>
    public static int Of(char c) => Weights[c >> 4];

    private static byte[] Build()
    {
        // By groups of 16 characters: every script begins at such a border.
        var weights = new byte[0x1000];
        Array.Fill(weights, (byte)24);
        Set(0x0080, 0x00BF, 16);  // Latin-1 signs
        Set(0x0250, 0x02FF, 16);  // phonetic
        Set(0x0300, 0x036F, 12);  // combining accents
        Set(0x0370, 0x03FF, 14);  // Greek
        Set(0x0400, 0x052F, 8);   // Cyrillic
        Set(0x0530, 0x058F, 26);  // Armenian
        Set(0x0590, 0x05FF, 16);  // Hebrew
        Set(0x0600, 0x06FF, 13);  // Arabic
        Set(0x0750, 0x077F, 16);  // Arabic supplement
        Set(0x0900, 0x097F, 16);  // Devanagari
        Set(0x0980, 0x0DFF, 21);  // Bengali to Sinhala
        Set(0x0E00, 0x0E7F, 15);  // Thai
        Set(0x0E80, 0x109F, 32);  // Lao, Tibetan, Burmese
        Set(0x10A0, 0x10FF, 26);  // Georgian
        Set(0x1100, 0x11FF, 24);  // Hangul parts
        Set(0x1200, 0x139F, 40);  // Ethiopic
        Set(0x1780, 0x17FF, 32);  // Khmer
        Set(0x1E00, 0x1EFF, 20);  // Latin with two accents (Vietnamese)
        Set(0x1F00, 0x1FFF, 28);  // Greek with accents
        Set(0x2000, 0x206F, 14);  // dashes, quotes, joiners
        Set(0x20A0, 0x20CF, 16);  // currencies
        Set(0x2100, 0x214F, 20);  // letter-like signs
        Set(0x2190, 0x2BFF, 28);  // arrows, mathematics, boxes, pictographs
        Set(0x2E80, 0x2FFF, 32);  // parts of ideographs
        Set(0x3000, 0x303F, 14);  // ideographic marks
        Set(0x3040, 0x30FF, 15);  // Hiragana, Katakana
        Set(0x3100, 0x33FF, 28);  // Bopomofo and other
        Set(0x3400, 0x4DBF, 32);  // rare ideographs
        Set(0x4E00, 0x9FFF, 16);  // ideographs
        Set(0xAC00, 0xD7AF, 18);  // Hangul syllables
        Set(0xD800, 0xDFFF, 20);  // halves of emoji and of rare characters
        Set(0xE000, 0xF8FF, 32);  // private use
        Set(0xF900, 0xFAFF, 32);  // compatibility ideographs
        Set(0xFB00, 0xFDFF, 24);  // presentation forms
        Set(0xFE00, 0xFE0F, 8);   // variation selectors: part of the emoji before
        Set(0xFF00, 0xFFEF, 18);  // full-width forms
        return weights;

        void Set(int first, int last, byte weight) => weights.AsSpan(first >> 4, ((last - first) >> 4) + 1).Fill(weight);
    }
}
