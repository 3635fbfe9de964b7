using System.Globalization;

namespace Granary.Core.Privacy;

/// <summary>
/// Walks over a valid .NET regular expression and counts, group by group, in how many ways a backtracking matcher could match the same text: the
/// ways multiply along a sequence, add up over alternatives, and are raised to the power of a repeat.
/// </summary>
internal sealed class PatternScanner(string pattern)
{
    /// <summary>The repeat from which a single element is refused.</summary>
    private const int MaxRepeat = 999;

    /// <summary>The ways in which a repeated group may match: enough for an IPv6 address (4 lengths to the power of 7), far from what takes long.</summary>
    private const double MaxWays = 100_000;

    private const int MaxNesting = 50;

    private readonly Stack<Group> _open = new();
    private int _at;

    /// <summary>The rule that the pattern breaks, or null.</summary>
    public string? WhyRefused()
    {
        var group = new Group();
        while (_at < pattern.Length)
        {
            switch (pattern[_at])
            {
                case '|':
                    _at++;
                    group.NextBranch();
                    continue;

                case '(':
                    if (pattern.AsSpan(_at).StartsWith("(?#", StringComparison.Ordinal))
                        return "must not hold comments";
                    if (!TrySkipGroupStart(out var isOptions))
                        return "must not use the x option (white space in patterns)";
                    if (isOptions)
                        continue;
                    if (_open.Count == MaxNesting)
                        return "must not nest groups deeper than 50 levels";
                    _open.Push(group);
                    group = new Group();
                    continue;

                case ')':
                    _at++;
                    var inner = group;
                    group = _open.Pop();
                    if (WhyRefused(inner, out var ways, out var isOpen) is { } rule)
                        return rule;
                    group.Add(ways, isOpen);
                    continue;

                case '\\':
                    SkipEscape();
                    break;

                case '[':
                    SkipClass();
                    break;

                default:
                    _at++;
                    break;
            }

            if (TryReadQuantifier() is { } repeat)
            {
                if (repeat.IsTooMany)
                    return TooManyRule;
                group.Add(repeat.Ways, repeat.Max is null);
            }
        }

        return null;
    }

    /// <summary>Judges a group that has just ended, with the quantifier that follows.</summary>
    private string? WhyRefused(Group inner, out double ways, out bool isOpen)
    {
        (ways, isOpen) = (inner.Ways, inner.IsOpen);
        if (TryReadQuantifier() is not { } repeat)
            return null;
        if (repeat.IsTooMany)
            return TooManyRule;
        if (repeat is { Max: null, IsBraced: true })
            return "must not repeat a group without an upper limit ({n,})";

        if (repeat.Max is null)
        {
            // Every repeat would add its ways: exponential in the length of the text.
            isOpen = true;
            return inner.HasBranches ? "must not repeat a group with alternatives without an upper limit"
                : inner.Ways > 1 || inner.IsOpen ? NestedRule
                : null;
        }

        if (repeat.Max > 1 && inner.IsOpen)
            return NestedRule;

        ways = Math.Pow(inner.Ways, repeat.Max.Value) * repeat.Ways;
        return repeat.Max <= 1 || ways <= MaxWays ? null
            : inner.HasBranches ? "must not repeat a group with alternatives so often"
            : NestedRule;
    }

    /// <summary>Goes to the first character inside a group. False if the group switches the x option on, under which white space has no meaning.</summary>
    private bool TrySkipGroupStart(out bool isOptions)
    {
        isOptions = false;
        _at++;
        if (_at == pattern.Length || pattern[_at] != '?')
            return true;

        _at++;
        switch (pattern[_at])
        {
            case ':' or '=' or '!' or '>':
                _at++;
                return true;

            case '<' when pattern[_at + 1] is '=' or '!':
                _at += 2;
                return true;

            case '<' or '\'':
                _at = pattern.IndexOf(pattern[_at] == '<' ? '>' : '\'', _at + 1) + 1;
                return true;

            case '(':
                return true; // the condition of (?(condition)yes|no) is read as a group of its own
        }

        var on = true;
        for (; pattern[_at] is not (':' or ')'); _at++)
        {
            if (pattern[_at] is '-' or '+')
                on = pattern[_at] == '+';
            else if (on && pattern[_at] is 'x' or 'X')
                return false;
        }

        isOptions = pattern[_at++] == ')';
        return true;
    }

    private void SkipEscape()
    {
        var kind = pattern[_at + 1];
        _at += 2;
        if (kind is 'p' or 'P')
            _at = pattern.IndexOf('}', _at) + 1;
        else if (kind == 'k')
            _at = pattern.IndexOf(pattern[_at] == '<' ? '>' : pattern[_at] == '{' ? '}' : '\'', _at + 1) + 1;
        else if (kind is 'x' or 'u')
            _at += kind == 'x' ? 2 : 4;
        else if (kind == 'c')
            _at++;
        else if (char.IsAsciiDigit(kind))
            _at += pattern.AsSpan(_at).IndexOfAnyExceptInRange('0', '9') is var digits and >= 0 ? digits : pattern.Length - _at;
    }

    /// <summary>Skips a character class, with classes subtracted from it, as .NET reads them: <c>[a-z-[aeiou]]</c>.</summary>
    private void SkipClass()
    {
        _at++;
        if (pattern[_at] == '^')
            _at++;

        var inRange = false;
        for (var first = true; ; first = false)
        {
            var c = pattern[_at++];
            var isEscape = c == '\\';
            if (c == ']' && !first)
                return;

            if (isEscape)
            {
                c = pattern[_at++];
                if (c == 'c')
                    _at++;
                if (c == '-')
                    inRange = false;
                if (c is '-' or 'p' or 'P' or 'd' or 'D' or 's' or 'S' or 'w' or 'W')
                    continue;
            }

            if (inRange)
            {
                inRange = false;
                if (c == '[' && !isEscape && !first)
                    SkipSubtracted();
            }
            else if (pattern[_at] == '-' && pattern[_at + 1] != ']')
            {
                inRange = true;
                _at++;
            }
            else if (c == '-' && !isEscape && !first && pattern[_at] == '[')
            {
                _at++;
                SkipSubtracted();
            }
        }
    }

    private void SkipSubtracted()
    {
        _at--;
        SkipClass();
    }

    private Repeat? TryReadQuantifier()
    {
        if (_at == pattern.Length)
            return null;

        Repeat repeat;
        switch (pattern[_at])
        {
            case '*':
                repeat = new Repeat(0, null, false);
                break;
            case '+':
                repeat = new Repeat(1, null, false);
                break;
            case '?':
                repeat = new Repeat(0, 1, false);
                break;
            case '{' when TryReadBraces(out repeat, out var end):
                _at = end;
                break;
            default:
                return null;
        }

        _at++;
        if (_at < pattern.Length && pattern[_at] == '?')
            _at++;
        return repeat;
    }

    /// <summary>Reads <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>; anything else in braces stands for itself.</summary>
    private bool TryReadBraces(out Repeat repeat, out int end)
    {
        repeat = default;
        end = pattern.IndexOf('}', _at);
        if (end < 0)
            return false;

        var inner = pattern.AsSpan(_at + 1, end - _at - 1);
        var comma = inner.IndexOf(',');
        if (!TryReadNumber(comma < 0 ? inner : inner[..comma], out var min))
            return false;
        if (comma < 0)
        {
            repeat = new Repeat(min, min, true);
            return true;
        }

        if (inner.Length == comma + 1)
        {
            repeat = new Repeat(min, null, true);
            return true;
        }

        if (!TryReadNumber(inner[(comma + 1)..], out var max))
            return false;

        repeat = new Repeat(min, max, true);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private const string NestedRule = "must not repeat a group that repeats something itself";
    private const string TooManyRule = "must not repeat anything more than 999 times";

    private readonly record struct Repeat(int Min, int? Max, bool IsBraced)
    {
        public bool IsTooMany => Min > MaxRepeat || Max > MaxRepeat;

        public double Ways => Max - Min + 1 ?? 1;
    }

    /// <summary>What is known of a group, or of the whole pattern, so far.</summary>
    private sealed class Group
    {
        private double _branch = 1;
        private double _branches;

        public bool HasBranches { get; private set; }

        /// <summary>Whether something in it repeats without an upper limit.</summary>
        public bool IsOpen { get; private set; }

        public double Ways => _branches + _branch;

        public void Add(double ways, bool isOpen)
        {
            _branch *= ways;
            IsOpen |= isOpen;
        }

        public void NextBranch()
        {
            _branches += _branch;
            _branch = 1;
            HasBranches = true;
        }
    }
}
