using System.Collections.Frozen;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Reads what numbers stand for: days, hours, sums.</summary>
internal static class Calendar
{
    private static readonly FrozenSet<ulong> Months = Set(
        "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec "
        + "januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre novembre décembre "
        + "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre");

    private static readonly FrozenSet<ulong> Currencies = Set(
        "usd eur gbp chf jpy cny inr cad aud dollar dollars euro euros pound pounds francs yen yuan rupees percent bucks cents k");

    private static readonly FrozenSet<ulong> Halves = Set("am pm uhr");

    /// <summary>Whether a word is a month.</summary>
    public static bool IsMonth(in Word word) => IsMonth(word.Hash);

    /// <summary>Whether a word is a month, by its <see cref="WordHash"/>.</summary>
    public static bool IsMonth(ulong word) => Months.Contains(word);

    /// <summary>Whether a word is a currency or a unit of money.</summary>
    public static bool IsCurrency(in Word word) => Currencies.Contains(word.Hash);

    /// <summary>What a word with a digit says, with its neighbours.</summary>
    public static Traits Read(string text, ReadOnlySpan<Word> words, int at)
    {
        var word = words[at];
        var traits = Traits.Number;
        var span = text.AsSpan(word.Start, word.Length);
        var separators = 0;
        var colon = false;
        foreach (var c in span)
        {
            separators += c is '-' or '/' or '.' ? 1 : 0;
            colon |= c == ':';
        }

        if (separators == 2 && char.IsAsciiDigit(span[0]) && char.IsAsciiDigit(span[^1]) && span.Length is >= 6 and <= 10)
        {
            traits |= Traits.ExactDate | Traits.Date;
        }

        if (colon || (span.Length is >= 3 and <= 4 && char.IsAsciiDigit(span[0]) && span[^1] is 'm' or 'M' && span[^2] is 'a' or 'p' or 'A' or 'P'))
        {
            traits |= Traits.Date;
        }

        if (span.Length == 4 && separators == 0 && (span.StartsWith("19") || span.StartsWith("20")) && char.IsAsciiDigit(span[2]) && char.IsAsciiDigit(span[3]))
        {
            traits |= Traits.Date;
        }

        if ((at > 0 && IsMonth(words[at - 1])) || (at + 1 < words.Length && IsMonth(words[at + 1])))
        {
            traits |= Traits.ExactDate | Traits.Date;
        }

        if (at + 1 < words.Length && Currencies.Contains(words[at + 1].Hash))
        {
            traits |= Traits.Amount;
        }
        else if (at + 1 < words.Length && Halves.Contains(words[at + 1].Hash))
        {
            traits |= Traits.Date;
        }

        var end = word.Start + word.Length;
        if ((word.Start > 0 && IsCurrencySign(text[word.Start - 1])) || (end < text.Length && (IsCurrencySign(text[end]) || text[end] == '%'))
            || (end + 1 < text.Length && text[end] is ' ' or '\u00A0' && (IsCurrencySign(text[end + 1]) || text[end + 1] == '%')))
        {
            traits |= Traits.Amount;
        }

        // The signs of year, month and day in Chinese and Japanese.
        if (end < text.Length && text[end] is '\u5E74' or '\u6708' or '\u65E5')
        {
            traits |= text[end] == '\u5E74' ? Traits.Date : Traits.Date | Traits.ExactDate;
        }

        return traits;
    }

    private static bool IsCurrencySign(char c) =>
        c == '$' || c is >= '\u00A2' and <= '\u00A5' || c is >= '\u20A0' and <= '\u20CF' || c == '\u5143' || c == '\u5186';

    private static FrozenSet<ulong> Set(string words) => words.Split(' ').Select(word => WordHash.Of(word)).ToFrozenSet();
}
