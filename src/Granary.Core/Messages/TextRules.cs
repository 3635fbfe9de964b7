using System.Text;

namespace Granary.Core.Messages;

/// <summary>What holds for every text that is stored.</summary>
internal static class TextRules
{
    /// <summary>UTF-8 bytes that a UTF-16 character takes at the most (a surrogate pair takes 4 for two).</summary>
    public const int MaxBytesPerChar = 3;

    /// <summary>Whether the text is valid UTF-16: anything else could not be stored as UTF-8 and read back the same.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        while (at >= 0)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
                return false;

            text = text[(at + 2)..];
            at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        }

        return true;
    }

    /// <summary>Whether a text is a name: 1 to <paramref name="maxLength"/> characters, valid UTF-16, none of them a control character.</summary>
    public static bool IsName(ReadOnlySpan<char> text, int maxLength)
    {
        if (text.IsEmpty || text.Length > maxLength)
            return false;

        foreach (var c in text)
        {
            if (char.IsControl(c))
                return false;
            if (char.IsSurrogate(c))
                return IsWellFormed(text) && !HasControl(text);
        }

        return true;
    }

    /// <summary>The text's size in UTF-8.</summary>
    public static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static bool HasControl(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return true;
        }

        return false;
    }
}
