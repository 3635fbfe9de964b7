using Granary.Core.Compaction.Extraction;

namespace Granary.Core.Recall.Analysis;

/// <summary>
/// Makes terms of texts, the same way for what is remembered and for what is asked. Any script works: letters are folded to small ones without marks,
/// English words are stemmed, texts without spaces give a term for each pair of neighbours; names, numbers and dates are kept whatever they look like.
/// Words that carry nothing (of English) give no term. Keeps nothing; safe for all threads.
/// </summary>
internal static class TextAnalyzer
{
    /// <summary>Changes whenever the terms of a text, or what else is read from it, change: an index made by another version must be made anew.</summary>
    public const int Version = 2;

    /// <summary>The longest term in characters; the rest of a longer word is left out.</summary>
    public const int MaxTermLength = 40;

    /// <summary>Reads the terms of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="terms">Emptied, then filled.</param>
    public static void Analyze(ReadOnlySpan<char> text, TermList terms)
    {
        terms.Clear();
        Span<char> buffer = stackalloc char[MaxTermLength + 2];
        var begins = true;
        var at = 0;
        while (at < text.Length)
        {
            var c = text[at];
            if (!CharacterFold.IsPart(c))
            {
                begins |= Scripts.EndsSentence(c) || Scripts.MayEndSentence(c) || c is '\n' or ':';
                at++;
            }
            else if (Scripts.IsUnspaced(c))
            {
                at = Pairs(text, at, buffer, terms);
                begins = false;
            }
            else
            {
                at = Word(text, at, begins, buffer, terms);
                begins = false;
            }
        }
    }

    private static int Pairs(ReadOnlySpan<char> text, int at, Span<char> buffer, TermList terms)
    {
        var start = at;
        while (at < text.Length && Scripts.IsUnspaced(text[at]))
        {
            at++;
        }

        for (var i = start; i + 1 < at || (i == start && i < at); i++)
        {
            var length = Math.Min(2, at - i);
            text.Slice(i, length).CopyTo(buffer);
            terms.Word();
            terms.Add(buffer[..length], TermKind.Pair);
        }

        return at;
    }

    private static int Word(ReadOnlySpan<char> text, int at, bool begins, Span<char> buffer, TermList terms)
    {
        var start = at;
        var length = 0;
        var digits = 0;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (Scripts.IsUnspaced(c))
            {
                break;
            }

            if (!CharacterFold.IsPart(c))
            {
                // An apostrophe ends the word and what follows it is dropped; points within numbers hold.
                if (c is '\'' or '\u2019' || !(c is '.' or ',' && Digit(text, at - 1) && Digit(text, at + 1)))
                {
                    break;
                }

                if (c == ',')
                {
                    continue;
                }
            }

            if (CharacterFold.IsDropped(c))
            {
                continue;
            }

            if (char.IsSurrogate(c))
            {
                // Both halves or none.
                if (at + 1 < text.Length && char.IsSurrogatePair(c, text[at + 1]))
                {
                    at++;
                    if (length + 2 <= MaxTermLength)
                    {
                        buffer[length++] = c;
                        buffer[length++] = text[at];
                    }
                }
            }
            else if (length < MaxTermLength)
            {
                buffer[length++] = CharacterFold.Fold(c);
            }

            digits += char.IsDigit(c) ? 1 : 0;
        }

        var next = Clitic(text, at);
        if (length == 0)
        {
            return next;
        }

        terms.Word();
        if (digits > 0)
        {
            Number(buffer[..length], digits, terms);
            return next;
        }

        var capital = char.IsUpper(text[start]) && !begins;
        var word = buffer[..length];
        if (capital && word is "may")
        {
            terms.Add(word, TermKind.Name);
        }
        else if (EnglishWords.IsFirstPerson(word))
        {
            terms.NoteFirstPerson();
        }
        else if (length > 1 && !EnglishWords.IsFunction(word))
        {
            if (EnglishWords.TryBase(word, out var same))
            {
                same!.CopyTo(buffer);
                length = same!.Length;
            }

            if (char.IsAsciiDigit(buffer[0]))
            {
                terms.Add(buffer[..length], TermKind.Number);
            }
            else
            {
                length = EnglishStemmer.Stem(buffer, length);
                terms.Add(buffer[..length], capital ? TermKind.Name : TermKind.Word);
            }
        }

        return next;
    }

    /// <summary>Passes over an apostrophe and the few letters after it: 's, n't's t, 'll.</summary>
    private static int Clitic(ReadOnlySpan<char> text, int at)
    {
        if (at >= text.Length || text[at] is not ('\'' or '\u2019'))
        {
            return at;
        }

        var end = at + 1;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
        {
            end++;
        }

        return end - at <= 3 ? end : at + 1;
    }

    private static void Number(Span<char> word, int digits, TermList terms)
    {
        if (digits == word.Length)
        {
            // 05 and 5 are the same.
            while (word.Length > 1 && word[0] == '0')
            {
                word = word[1..];
            }
        }

        terms.Add(word, TermKind.Number);
    }

    private static bool Digit(ReadOnlySpan<char> text, int at) => at >= 0 && at < text.Length && char.IsAsciiDigit(text[at]);
}
