using System.Globalization;
using System.Text.RegularExpressions;

namespace Granary.Core.Recall.Ranking;

/// <summary>A span of time that a question names, in seconds since 1970.</summary>
/// <param name="From">Its first second.</param>
/// <param name="To">The second after its last.</param>
internal sealed partial record TimeRange(long From, long To)
{
    private const long Day = 86_400;

    private static readonly string[] Months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>Reads the time that a question names: 8 May 2023, May 8, 2023-05-08, May 2023, in May, in 2023, yesterday, last week, 3 days ago.</summary>
    /// <param name="text">The question.</param>
    /// <param name="now">What "last week" is counted from; a date without a year is the latest that is not after it.</param>
    /// <returns>The span, or null if none is named.</returns>
    public static TimeRange? Read(string text, DateTimeOffset now)
    {
        var today = new DateTime(now.UtcDateTime.Date.Ticks, DateTimeKind.Utc);
        if (Iso().Match(text) is { Success: true } iso)
        {
            return Date(Number(iso, "y"), Number(iso, "m"), Number(iso, "d"), today);
        }

        if (DayMonth().Match(text) is { Success: true } dayMonth)
        {
            return Date(Number(dayMonth, "y"), Month(dayMonth), Number(dayMonth, "d"), today);
        }

        if (MonthDay().Match(text) is { Success: true } monthDay)
        {
            return Date(Number(monthDay, "y"), Month(monthDay), Number(monthDay, "d"), today);
        }

        if (MonthYear().Match(text) is { Success: true } monthYear)
        {
            return Date(Number(monthYear, "y"), Month(monthYear), 0, today);
        }

        if (Year().Match(text) is { Success: true } year)
        {
            return Date(Number(year, "y"), 0, 0, today);
        }

        return Relative(text, today);
    }

    private static TimeRange? Relative(string text, DateTime today)
    {
        var match = Ago().Match(text);
        if (match.Success)
        {
            var count = Count(match.Groups["n"].Value);
            var (days, slack) = match.Groups["u"].Value.ToLowerInvariant() switch
            {
                "day" => (count, 1),
                "week" => (count * 7, 4),
                "month" => (count * 30, 16),
                _ => (count * 365, 183),
            };
            return days < 36_500 ? Span(today.AddDays(-days - slack), today.AddDays(-days + slack + 1)) : null;
        }

        match = Last().Match(text);
        if (!match.Success)
        {
            return null;
        }

        return match.Groups["u"].Value.ToLowerInvariant() switch
        {
            "yesterday" => Span(today.AddDays(-1), today),
            "today" => Span(today, today.AddDays(1)),
            "last week" or "past week" => Span(today.AddDays(-14), today),
            "last weekend" => Span(today.AddDays(-8), today),
            "last month" or "past month" => Span(today.AddDays(-45), today.AddDays(-10)),
            _ => Span(today.AddDays(-548), today.AddDays(-183)),
        };
    }

    private static int Count(string text) => text.ToLowerInvariant() switch
    {
        "a" or "an" or "one" => 1,
        "two" or "a couple of" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, 40_000) : 1,
    };

    private static TimeRange? Date(int year, int month, int day, DateTime today)
    {
        if (year == 0)
        {
            year = month > today.Month || (month == today.Month && day > today.Day) ? today.Year - 1 : today.Year;
        }

        if (year is < 1 or > 9998 || month > 12 || (day > 0 && day > DateTime.DaysInMonth(year, month)))
        {
            return null;
        }

        var from = new DateTime(year, Math.Max(1, month), Math.Max(1, day), 0, 0, 0, DateTimeKind.Utc);
        return Span(from, day > 0 ? from.AddDays(1) : month > 0 ? from.AddMonths(1) : from.AddYears(1));
    }

    private static TimeRange Span(DateTime from, DateTime to) => new((long)(from - DateTime.UnixEpoch).TotalSeconds, (long)(to - DateTime.UnixEpoch).TotalSeconds);

    private static int Number(Match match, string group) =>
        int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static int Month(Match match) => Array.IndexOf(Months, match.Groups["m"].Value[..3].ToLowerInvariant()) + 1;

    private const string MonthName =
        @"(?<m>jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)";

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"\b(?<y>(19|20)[0-9]{2})-(?<m>[0-9]{1,2})-(?<d>[0-9]{1,2})\b", Options)]
    private static partial Regex Iso();

    [GeneratedRegex(@"\b(?<d>[0-3]?[0-9])(st|nd|rd|th)?( of)? " + MonthName + @"\b\.?,? ?(?<y>(19|20)[0-9]{2})?", Options)]
    private static partial Regex DayMonth();

    [GeneratedRegex(@"\b" + MonthName + @"\.? (?<d>[0-3]?[0-9])(st|nd|rd|th)?\b,? ?(?<y>(19|20)[0-9]{2})?", Options)]
    private static partial Regex MonthDay();

    [GeneratedRegex(@"\b((in|during|of|by|until|since|before|after|last|late|early|mid) " + MonthName + @"\b,?( of)? ?(?<y>(19|20)[0-9]{2})?|" + MonthName + @",?( of)? (?<y>(19|20)[0-9]{2}))\b", Options)]
    private static partial Regex MonthYear();

    [GeneratedRegex(@"\b(in|during|of|since|by) (?<y>(19|20)[0-9]{2})\b", Options)]
    private static partial Regex Year();

    [GeneratedRegex(@"\b(?<n>[0-9]{1,4}|a couple of|an?|one|two|three|four|five|six|seven|eight|nine|ten) (?<u>day|week|month|year)s? ago\b", Options)]
    private static partial Regex Ago();

    [GeneratedRegex(@"\b(?<u>yesterday|today|last weekend|last week|past week|last month|past month|last year)\b", Options)]
    private static partial Regex Last();
}
