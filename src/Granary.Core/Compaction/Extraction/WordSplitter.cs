using System.Globalization;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Cuts a sentence into words of any script. Texts without spaces give a word for each pair of neighbours.</summary>
internal struct WordSplitter
{
    /// <summary>The longest word in characters; a longer one is cut.</summary>
    private const int MaxLength = 64;

    private readonly string text;
    private readonly int start;
    private readonly int end;
    private int at;

    /// <summary>Begins at a sentence.</summary>
    public WordSplitter(string text, int start, int length)
    {
        this.text = text;
        this.start = start;
        end = start + length;
        at = start;
    }

    /// <summary>The next word; its term is not set.</summary>
    public bool Next(out Word word)
    {
        word = default;
        while (at < end && !IsPart(text[at]))
        {
            at++;
        }

        if (at >= end)
        {
            return false;
        }

        word.Start = at;
        if (Scripts.IsUnspaced(text[at]))
        {
            // The last of a run stands with the one before it already, unless it is alone.
            var pair = at + 1 < end && Scripts.IsUnspaced(text[at + 1]);
            word.Length = pair ? 2 : 1;
            word.Shape = WordShape.Unspaced | WordShape.Letter;
            at += pair && !(at + 2 < end && Scripts.IsUnspaced(text[at + 2])) ? 2 : 1;
            word.Hash = WordHash.Of(text.AsSpan(word.Start, word.Length));
            return true;
        }

        var limit = Math.Min(end, at + MaxLength);
        var capitals = 0;
        for (; at < limit; at++)
        {
            var c = text[at];
            if (c is >= 'a' and <= 'z')
            {
                word.Shape |= WordShape.Letter;
            }
            else if (c is >= 'A' and <= 'Z')
            {
                word.Shape |= WordShape.Letter;
                capitals++;
            }
            else if (c is >= '0' and <= '9')
            {
                word.Shape |= WordShape.Digit;
            }
            else if (c < 0x80 || !IsPart(c) || Scripts.IsUnspaced(c))
            {
                if (!Joins(c))
                {
                    break;
                }
            }
            else
            {
                word.Shape |= char.IsNumber(c) ? WordShape.Digit : WordShape.Letter;
                capitals += char.IsUpper(c) ? 1 : 0;
            }
        }

        word.Length = at - word.Start;
        if (char.IsUpper(text[word.Start]))
        {
            word.Shape |= WordShape.Capital;
        }

        if (capitals > 1 || (capitals == 1 && (word.Shape & WordShape.Capital) == 0)
            || (word.Shape & (WordShape.Digit | WordShape.Letter)) == (WordShape.Digit | WordShape.Letter))
        {
            word.Shape |= WordShape.Mixed;
        }

        word.Hash = WordHash.Of(text.AsSpan(word.Start, word.Length));
        return true;
    }

    /// <summary>Whether a mark between two parts holds them together: an apostrophe, a hyphen, a point or colon within a number.</summary>
    private readonly bool Joins(char c)
    {
        if (at == start || at + 1 >= end || !IsPart(text[at + 1]) || Scripts.IsUnspaced(text[at + 1]))
        {
            return false;
        }

        return c switch
        {
            '\'' or '\u2019' or '-' or '_' => true,
            '.' or ',' or ':' or '/' => char.IsAsciiDigit(text[at - 1]) && char.IsAsciiDigit(text[at + 1]),
            _ => false,
        };
    }

    private static bool IsPart(char c) => c < 0x80
        ? char.IsAsciiLetterOrDigit(c)
        : char.IsLetterOrDigit(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
