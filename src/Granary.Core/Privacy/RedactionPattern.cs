using System.Text;
using System.Text.RegularExpressions;

namespace Granary.Core.Privacy;

/// <summary>One pattern of a privacy policy, compiled, with its breaker.</summary>
internal sealed class RedactionPattern
{
    /// <summary>How long a pattern may take for one message.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(50);

    private readonly Regex? _regex;
    private readonly string _replacement;

    /// <summary>Compiles a pattern; one that is not valid throws at each use.</summary>
    public RedactionPattern(string pattern, string replacement, TimeProvider time)
    {
        _regex = Compile(pattern);
        _replacement = replacement;
        Breaker = new PatternBreaker(time);
        WarmUp();
    }

    /// <summary>Says whether to use the pattern.</summary>
    public PatternBreaker Breaker { get; }

    /// <summary>
    /// The text with each match replaced, or the same instance if there is none. Matches of nothing are left out, and so are those within the
    /// replacement itself (<c>[A-Z]+</c> matches in <c>[REDACTED]</c>): they would make the text grow each time it is redacted.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">Characters that the result may have; beyond, the replacement alone is returned.</param>
    /// <exception cref="RegexMatchTimeoutException">It takes too long.</exception>
    /// <exception cref="InvalidOperationException">The pattern is not valid.</exception>
    public string Replace(string text, int maxLength)
    {
        var regex = _regex ?? throw new InvalidOperationException("The pattern is not valid.");
        StringBuilder? result = null;
        var copied = 0;
        for (var at = 0; at <= text.Length && TryFind(regex, text, at, out var index, out var length);)
        {
            if (length == 0 || IsWithinReplacement(text, index, length))
            {
                at = index + 1;
                continue;
            }

            result ??= new StringBuilder(text.Length);
            result.Append(text, copied, index - copied).Append(_replacement);
            at = copied = index + length;
            if (result.Length > maxLength)
                return _replacement;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>The first match compiles code and builds tables. That must not count as a message's time.</summary>
    private void WarmUp()
    {
        try
        {
            _regex?.Count("The quick brown fox jumps over 13 lazy dogs.");
        }
        catch (RegexMatchTimeoutException)
        {
            // It will fail on messages too, and be counted there.
        }
    }

    private static bool TryFind(Regex regex, string text, int from, out int index, out int length)
    {
        foreach (var match in regex.EnumerateMatches(text, from))
        {
            (index, length) = (match.Index, match.Length);
            return true;
        }

        (index, length) = (0, 0);
        return false;
    }

    private bool IsWithinReplacement(string text, int index, int length)
    {
        if (length > _replacement.Length)
            return false;

        // Whatever stands between these two and is as long as the replacement covers the match.
        var from = Math.Max(0, index + length - _replacement.Length);
        var to = Math.Min(text.Length, index + _replacement.Length);
        return text.AsSpan(from, to - from).Contains(_replacement, StringComparison.Ordinal);
    }

    private static Regex? Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Timeout);
        }
        catch (NotSupportedException)
        {
            // Lookarounds, back references and large repeats need backtracking; the screen and the time limit bound it.
            return new Regex(pattern, RegexOptions.CultureInvariant, Timeout);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
