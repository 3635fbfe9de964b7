namespace Granary.Core.Compaction.Extraction;

/// <summary>What the splitters must know of scripts.</summary>
internal static class Scripts
{
    /// <summary>Whether words of the character's script stand without spaces between them, so that pairs of characters stand for words.</summary>
    public static bool IsUnspaced(char c) => c >= '\u0E00' && (
        c is <= '\u0EFF'                          // Thai, Lao
        or (>= '\u1000' and <= '\u109F')          // Burmese
        or (>= '\u1780' and <= '\u17FF')          // Khmer
        or (>= '\u3041' and <= '\u309F')          // Hiragana
        or (>= '\u3400' and <= '\u9FFF')          // ideographs
        or (>= '\uF900' and <= '\uFAFF'));        // compatibility ideographs

    /// <summary>Whether it is an ideograph.</summary>
    public static bool IsIdeograph(char c) => c is (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF');

    /// <summary>Whether a sentence ends here whatever follows.</summary>
    public static bool EndsSentence(char c) =>
        c is '\u3002' or '\uFF01' or '\uFF1F' or '\u061F' or '\u06D4' or '\u0964' or '\u0965' or '\u1362' or '\u104B' or '\u17D4' or '\uFF61';

    /// <summary>Whether a sentence ends here if white space or the end follows.</summary>
    public static bool MayEndSentence(char c) => c is '.' or '!' or '?' or '\u2026';

    /// <summary>Whether it closes a quotation or bracket and belongs to the sentence before it.</summary>
    public static bool Closes(char c) => c is '"' or '\'' or ')' or ']' or '\u201D' or '\u2019' or '\u00BB' or '\u300D' or '\u300F' or '\uFF09' or '*' or '_';

    /// <summary>Whether it asks.</summary>
    public static bool Asks(char c) => c is '?' or '\uFF1F' or '\u061F' or '\u037E';
}
