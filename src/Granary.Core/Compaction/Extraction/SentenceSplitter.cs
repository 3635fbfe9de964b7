using System.Collections.Frozen;

namespace Granary.Core.Compaction.Extraction;

/// <summary>
/// Cuts a text into sentences of any script, in one pass. A line break always ends one, a full stop only where no abbreviation, number
/// or address goes on; what has no end is cut between words.
/// </summary>
internal struct SentenceSplitter(string text)
{
    /// <summary>The longest sentence in characters; a longer one is cut.</summary>
    public const int MaxLength = 400;

    private static readonly FrozenSet<ulong> Titles =
        Set("mr mrs ms dr prof st vs mt fig gen gov rev sgt capt col messrs hr fr sra dra ca bzw ggf evtl approx cf al");

    private static readonly FrozenSet<ulong> BeforeNumber =
        Set("no nr art vol pp p ch sec ext tel jan feb mar apr jun jul aug sep sept oct nov dec");

    private int at;
    private bool lineStart = true;
    private bool inCode;

    /// <summary>The next sentence, without white space around it and without marks of lists and headings.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="length">Its length, 1 or more.</param>
    /// <param name="code">Whether it is a line of a fenced block of code.</param>
    public bool Next(out int start, out int length, out bool code)
    {
        while (SkipToText())
        {
            if (lineStart && text.AsSpan(at).StartsWith("```", StringComparison.Ordinal))
            {
                inCode = !inCode;
                at = LineEnd(at);
                continue;
            }

            if (lineStart && !inCode && SkipListMark())
            {
                continue;
            }

            lineStart = false;
            (start, code) = (at, inCode);
            var end = inCode ? Math.Min(LineEnd(at), Cut(at)) : End(at);
            at = end;
            while (end > start && char.IsWhiteSpace(text[end - 1]))
            {
                end--;
            }

            length = end - start;
            return true;
        }

        (start, length, code) = (0, 0, false);
        return false;
    }

    private bool SkipToText()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            lineStart |= IsBreak(text[at]);
            at++;
        }

        return at < text.Length;
    }

    /// <summary>Passes "- ", "* ", "## ", "> " and "12. ".</summary>
    private bool SkipListMark()
    {
        var end = at;
        while (end < text.Length && end - at < 6 && text[end] is '-' or '*' or '+' or '#' or '>' or '\u2022')
        {
            end++;
        }

        if (end == at)
        {
            while (end < text.Length && end - at < 3 && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            end = end > at && end < text.Length && text[end] is '.' or ')' ? end + 1 : at;
        }

        if (end == at || end >= text.Length || text[end] != ' ')
        {
            return false;
        }

        at = end;
        return true;
    }

    private readonly int End(int start)
    {
        var cut = Cut(start);
        for (var index = start; index < cut; index++)
        {
            var c = text[index];
            if (c is >= 'a' and <= 'z' or ' ')
            {
                continue;
            }

            if (IsBreak(c))
            {
                return index;
            }

            if (Scripts.EndsSentence(c))
            {
                return Closed(index + 1, cut);
            }

            if (Scripts.MayEndSentence(c))
            {
                var end = Closed(index + 1, cut);
                if (end >= cut || (char.IsWhiteSpace(text[end]) && !GoesOn(start, index, end)))
                {
                    return end;
                }

                index = end - 1;
            }
        }

        return cut;
    }

    /// <summary>Passes further end marks and what closes a quotation.</summary>
    private readonly int Closed(int index, int limit)
    {
        while (index < limit
            && (Scripts.MayEndSentence(text[index]) || Scripts.EndsSentence(text[index]) || Scripts.Closes(text[index])))
        {
            index++;
        }

        return index;
    }

    /// <summary>Whether the sentence goes on after a stop at <paramref name="stop"/> with white space at <paramref name="end"/>.</summary>
    private readonly bool GoesOn(int start, int stop, int end)
    {
        if (text[stop] is '!' or '?')
        {
            return false;
        }

        var next = end;
        while (next < text.Length && char.IsWhiteSpace(text[next]) && !IsBreak(text[next]))
        {
            next++;
        }

        if (next >= text.Length || IsBreak(text[next]))
        {
            return false;
        }

        if (text[stop] == '\u2026' || end > stop + 1)
        {
            return char.IsLower(text[next]);
        }

        var first = stop;
        while (first > start && !char.IsWhiteSpace(text[first - 1]) && stop - first < 12)
        {
            first--;
        }

        var word = text.AsSpan(first, stop - first).TrimStart("(\"'\u201C[");
        if (word.Length == 0)
        {
            return false;
        }

        if (word.Length == 1 && char.IsUpper(word[0]) && word[0] != 'I')
        {
            return true;
        }

        if (char.IsAsciiDigit(word[^1]))
        {
            // "3. Mai"
            return word.Length <= 2 && (char.IsLower(text[next]) || Calendar.IsMonth(WordHash.Of(WordAt(next))));
        }

        var hash = WordHash.Of(word);
        return Titles.Contains(hash)
            || (char.IsAsciiDigit(text[next]) && BeforeNumber.Contains(hash))
            || ((word.Contains('.')
                || word is "etc" or "inc" or "Inc" or "ltd" or "Ltd" or "Co" or "Corp" or "Jr" or "Sr" or "usw") && !char.IsUpper(text[next]));
    }

    private readonly ReadOnlySpan<char> WordAt(int start)
    {
        var end = start;
        while (end < text.Length && end - start < 12 && char.IsLetter(text[end]))
        {
            end++;
        }

        return text.AsSpan(start, end - start);
    }

    /// <summary>Where a sentence that begins at <paramref name="start"/> must end: after the last word that fits.</summary>
    private readonly int Cut(int start)
    {
        if (text.Length - start <= MaxLength)
        {
            return text.Length;
        }

        var end = start + MaxLength;
        for (var index = end; index > start + (MaxLength / 2); index--)
        {
            if (char.IsWhiteSpace(text[index]))
            {
                return index;
            }
        }

        return char.IsLowSurrogate(text[end]) && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end;
    }

    private readonly int LineEnd(int start)
    {
        var end = text.AsSpan(start).IndexOfAny('\r', '\n');
        return end < 0 ? text.Length : start + end;
    }

    private static bool IsBreak(char c) => c is '\n' or '\r' or '\v' or '\f' or '\u0085' or '\u2028' or '\u2029';

    private static FrozenSet<ulong> Set(string words) => words.Split(' ').Select(word => WordHash.Of(word)).ToFrozenSet();
}
