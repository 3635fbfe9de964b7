using System.Text.RegularExpressions;

namespace Granary.Core.Privacy;

/// <summary>
/// Refuses redaction patterns that could run away (ReDoS) or that redact nothing in particular. The first of three lines: what passes is run without
/// backtracking where it can be, and under a time limit always.
/// </summary>
internal static class PatternScreen
{
    /// <summary>Characters of a pattern.</summary>
    public const int MaxLength = 1_000;

    private static readonly TimeSpan TrialTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>The rule that a pattern breaks, in words that follow its name; null for a good one. An empty pattern is good: it is skipped.</summary>
    public static string? WhyRefused(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Length == 0)
            return null;
        if (pattern.Length > MaxLength)
            return "must be at most 1000 characters";

        try
        {
            var regex = new Regex(pattern, RegexOptions.CultureInvariant, TrialTimeout);
            return new PatternScanner(pattern).WhyRefused()
                ?? (regex.IsMatch("") ? "must not match the empty text" : null);
        }
        catch (RegexMatchTimeoutException)
        {
            return "takes too long";
        }
        catch (ArgumentException e)
        {
            return $"is not a valid regular expression: {e.Message}";
        }
    }
}
