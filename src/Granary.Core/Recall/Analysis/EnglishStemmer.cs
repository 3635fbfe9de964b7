namespace Granary.Core.Recall.Analysis;

/// <summary>
/// Cuts English words to stems, so that forms of one word meet: the English stemmer of the Snowball project ("Porter2", M. F. Porter, 2001), written
/// from its description. Words of other languages and digits pass through it with at most an ending lost. Safe for all threads.
/// </summary>
internal static class EnglishStemmer
{
    /// <summary>Stems a word in place.</summary>
    /// <param name="word">Small letters; changed, and at most one letter longer at the end: the span must have room for it.</param>
    /// <param name="length">Characters of the word in the span.</param>
    /// <returns>Characters of the stem, 1 or more for a word of 1 or more.</returns>
    public static int Stem(Span<char> word, int length)
    {
        if (length <= 2)
        {
            return length;
        }

        foreach (var c in word[..length])
        {
            if (c is < 'a' or > 'z')
            {
                return length;
            }
        }

        if (Special(word[..length]) is { } special)
        {
            special.CopyTo(word);
            return special.Length;
        }

        return new Stemming(word, length).Run();
    }

    /// <summary>Words that the rules would spoil.</summary>
    private static string? Special(ReadOnlySpan<char> word) => word switch
    {
        "skis" => "ski",
        "skies" => "sky",
        "dying" => "die",
        "lying" => "lie",
        "tying" => "tie",
        "idly" => "idl",
        "gently" => "gentl",
        "ugly" => "ugli",
        "early" => "earli",
        "only" => "onli",
        "singly" => "singl",
        "sky" or "news" or "howe" or "atlas" or "cosmos" or "bias" or "andes" or "inning" or "outing" or "canning" or "herring" or "earring" => word.ToString(),
        "innings" => "inning",
        "outings" => "outing",
        "herrings" => "herring",
        "earrings" => "earring",
        _ => null,
    };

    private ref struct Stemming
    {
        private static readonly (string Ending, string Instead)[] Second =
        [
            ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ization", "ize"), ("ousness", "ous"), ("biliti", "ble"), ("lessli", "less"),
            ("tional", "tion"), ("alism", "al"), ("aliti", "al"), ("ation", "ate"), ("entli", "ent"), ("fulli", "ful"), ("iviti", "ive"),
            ("ousli", "ous"), ("abli", "able"), ("alli", "al"), ("anci", "ance"), ("ator", "ate"), ("enci", "ence"), ("izer", "ize"), ("bli", "ble"),
        ];

        private static readonly (string Ending, string Instead)[] Third =
        [
            ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"), ("ness", ""), ("ful", ""),
        ];

        private static readonly string[] Fourth =
        [
            "ement", "able", "ance", "ence", "ible", "ment", "ant", "ate", "ent", "ion", "ism", "iti", "ive", "ize", "ous", "al", "er", "ic",
        ];

        private readonly Span<char> word;
        private int length;
        private int first;
        private int second;

        public Stemming(Span<char> word, int length)
        {
            this.word = word;
            this.length = length;
            if (word[0] == 'y')
            {
                word[0] = 'Y';
            }

            for (var i = 1; i < length; i++)
            {
                if (word[i] == 'y' && IsVowel(word[i - 1]))
                {
                    word[i] = 'Y';
                }
            }

            ReadOnlySpan<char> all = word[..length];
            first = all.StartsWith("gener") || all.StartsWith("arsen") ? 5 : all.StartsWith("commun") ? 6 : Region(0);
            second = Region(first);
        }

        public int Run()
        {
            Plural();
            if (!(length >= 6 && (Is("proceed") || Is("exceed") || Is("succeed"))))
            {
                Past();
                if (length > 2 && word[length - 1] is 'y' or 'Y' && !IsVowel(word[length - 2]))
                {
                    word[length - 1] = 'i';
                }

                Derived();
                Adjectives();
                Suffixes();
                Last();
            }

            for (var i = 0; i < length; i++)
            {
                if (word[i] == 'Y')
                {
                    word[i] = 'y';
                }
            }

            return length;
        }

        private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

        private readonly bool Is(string other) => word[..length].SequenceEqual(other);

        private readonly bool Ends(string ending) => ((ReadOnlySpan<char>)word[..length]).EndsWith(ending);

        private readonly bool In(int region, string ending) => length - ending.Length >= region;

        /// <summary>What follows the first consonant after a vowel.</summary>
        private readonly int Region(int from)
        {
            for (var i = from + 1; i < length; i++)
            {
                if (!IsVowel(word[i]) && IsVowel(word[i - 1]))
                {
                    return i + 1;
                }
            }

            return length;
        }

        private readonly bool HasVowel(int end)
        {
            for (var i = 0; i < end; i++)
            {
                if (IsVowel(word[i]))
                {
                    return true;
                }
            }

            return false;
        }

        private readonly bool ShortSyllable(int end) => end switch
        {
            2 => IsVowel(word[0]) && !IsVowel(word[1]),
            > 2 => !IsVowel(word[end - 3]) && IsVowel(word[end - 2]) && !IsVowel(word[end - 1]) && word[end - 1] is not ('w' or 'x' or 'Y'),
            _ => false,
        };

        private void Plural()
        {
            if (Ends("sses"))
            {
                length -= 2;
            }
            else if (Ends("ied") || Ends("ies"))
            {
                length -= length > 4 ? 2 : 1;
            }
            else if (Ends("s") && !Ends("us") && !Ends("ss") && HasVowel(length - 2))
            {
                length--;
            }
        }

        private void Past()
        {
            foreach (var ending in (ReadOnlySpan<string>)["eedly", "eed"])
            {
                if (Ends(ending))
                {
                    if (In(first, ending))
                    {
                        length -= ending.Length - 2;
                    }

                    return;
                }
            }

            foreach (var ending in (ReadOnlySpan<string>)["ingly", "edly", "ing", "ed"])
            {
                if (!Ends(ending))
                {
                    continue;
                }

                if (!HasVowel(length - ending.Length))
                {
                    return;
                }

                length -= ending.Length;
                if (Ends("at") || Ends("bl") || Ends("iz"))
                {
                    word[length++] = 'e';
                }
                else if (length > 1 && word[length - 1] == word[length - 2] && word[length - 1] is 'b' or 'd' or 'f' or 'g' or 'm' or 'n' or 'p' or 'r' or 't')
                {
                    length--;
                }
                else if (first >= length && ShortSyllable(length))
                {
                    word[length++] = 'e';
                }

                return;
            }
        }

        private void Derived()
        {
            foreach (var (ending, instead) in Second)
            {
                if (Ends(ending))
                {
                    Replace(ending, instead);
                    return;
                }
            }

            if (Ends("ogi"))
            {
                if (In(first, "ogi") && length > 3 && word[length - 4] == 'l')
                {
                    length--;
                }
            }
            else if (Ends("li") && In(first, "li") && length > 2 && word[length - 3] is 'c' or 'd' or 'e' or 'g' or 'h' or 'k' or 'm' or 'n' or 'r' or 't')
            {
                length -= 2;
            }
        }

        private void Adjectives()
        {
            foreach (var (ending, instead) in Third)
            {
                if (Ends(ending))
                {
                    Replace(ending, instead);
                    return;
                }
            }

            if (Ends("ative") && In(second, "ative"))
            {
                length -= 5;
            }
        }

        private void Suffixes()
        {
            foreach (var ending in Fourth)
            {
                if (!Ends(ending))
                {
                    continue;
                }

                if (In(second, ending) && (ending != "ion" || (length > 3 && word[length - 4] is 's' or 't')))
                {
                    length -= ending.Length;
                }

                return;
            }
        }

        private void Last()
        {
            if (Ends("e"))
            {
                if (In(second, "e") || (In(first, "e") && !ShortSyllable(length - 1)))
                {
                    length--;
                }
            }
            else if (Ends("ll") && In(second, "l"))
            {
                length--;
            }
        }

        private void Replace(string ending, string instead)
        {
            if (In(first, ending))
            {
                instead.CopyTo(word[(length - ending.Length)..]);
                length += instead.Length - ending.Length;
            }
        }
    }
}
