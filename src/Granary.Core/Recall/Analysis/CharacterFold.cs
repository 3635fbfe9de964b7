using System.Globalization;

namespace Granary.Core.Recall.Analysis;

/// <summary>Brings characters to one form: small, without the marks of Latin letters, halfwidth.</summary>
internal static class CharacterFold
{
    /// <summary>The plain letters of U+00C0 to U+017F; a point where there is none.</summary>
    private const string Latin =
        "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
        + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.lllllllllln"
        + "nnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    /// <summary>Folds one character.</summary>
    public static char Fold(char c)
    {
        if (c < 0x80)
        {
            return c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;
        }

        if (c is >= '\u00C0' and <= '\u017F')
        {
            var plain = Latin[c - 0xC0];
            return plain == '.' ? char.ToLowerInvariant(c) : plain;
        }

        // Fullwidth forms of ASCII.
        return c is >= '\uFF01' and <= '\uFF5E' ? Fold((char)(c - 0xFEE0)) : char.ToLowerInvariant(c);
    }

    /// <summary>Whether a character is a mark on the letter before it that is left out.</summary>
    public static bool IsDropped(char c) => c is (>= '\u0300' and <= '\u036F') or '\u200D' or '\uFE0F';

    /// <summary>Whether a character belongs to a word.</summary>
    public static bool IsPart(char c) => c < 0x80
        ? char.IsAsciiLetterOrDigit(c)
        : char.IsLetterOrDigit(c) || char.IsSurrogate(c)
            || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
