using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Privacy;

namespace Granary.Core.Tests.Privacy;

public class PatternScreenTests
{
    [Theory]
    [InlineData(@"[\w.+-]+@[\w-]+\.[\w.]+")]
    [InlineData(@"\b\d{3}-\d{2}-\d{4}\b")]
    [InlineData(@"\b(?:\d{4}[ -]?){3}\d{4}\b")]
    [InlineData(@"(?<!\d)\d{13,16}(?!\d)")]
    [InlineData(@"(?:\d{1,3}\.){3}\d{1,3}")]
    [InlineData(@"(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?)")]
    [InlineData(@"(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}")]
    [InlineData(@"sk-[A-Za-z0-9]{20,}")]
    [InlineData(@"(?i)password\s*[:=]\s*\S+")]
    [InlineData(@"(?:\+\d{1,3}[ -]?)?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{4}")]
    [InlineData(@"(?<secret>key|token)=\w+")]
    [InlineData(@"(?:foo|bar)?x")]
    [InlineData("(?:abc)+")]
    [InlineData(@"(a+)\1x")]
    [InlineData(@"[(+*)]+\(\)")]
    [InlineData(@"[a-z-[aeiou]]+x")]
    [InlineData(@"[\-[a]+x")]
    [InlineData(@"[-[a]+x")]
    [InlineData(@"[]a]+x")]
    [InlineData(@"[^]a]+x")]
    [InlineData(@"[[::]a]+x")]
    [InlineData(@"a{,5}x{y}")]
    [InlineData(@"\(a+\)+x")]
    [InlineData(@"(?<a>x)\p{Lu}{3}\x41\u0042\cA\k<a>")]
    [InlineData(@"(?(?=a)b|c)x")]
    [InlineData(@"(?'n'a)x")]
    [InlineData("")]
    public void Ordinary_patterns_are_taken(string pattern) => PatternScreen.WhyRefused(pattern).ShouldBeNull();

    [Theory]
    [InlineData("(a+)+b", "repeats something itself")]
    [InlineData("(a*)*b", "repeats something itself")]
    [InlineData("(?:a+)*b", "repeats something itself")]
    [InlineData("(?:a?)+b", "repeats something itself")]
    [InlineData("(?:a{1,3})+b", "repeats something itself")]
    [InlineData("((a+))+b", "repeats something itself")]
    [InlineData("(x(a+)y)*b", "repeats something itself")]
    [InlineData("(?:(?:ab)+c)*d", "repeats something itself")]
    [InlineData(@"(?:[a-z]+\s?)+$", "repeats something itself")]
    [InlineData(@"(?<n>\w+\s*)+:", "repeats something itself")]
    [InlineData(@"(?'n'\w+\s*)+:", "repeats something itself")]
    [InlineData(@"(?:a+){10}b", "repeats something itself")]
    [InlineData(@"\b(?:\d[ -]*?){13,16}\b", "repeats something itself")]
    [InlineData(@"(?:a?){50}b", "repeats something itself")]
    [InlineData(@"(?:a{1,100}){10}b", "repeats something itself")]
    [InlineData(@"((a|aa))+b", "repeats something itself")]
    [InlineData(@"(?=(a+)+)b", "repeats something itself")]
    [InlineData(@"(?i:(a+)+)b", "repeats something itself")]
    [InlineData(@"[)](a+)+b", "repeats something itself")]
    [InlineData(@"\)(a+)+b", "repeats something itself")]
    [InlineData("(a|aa)+b", "alternatives without an upper limit")]
    [InlineData("(?:a|b)*c", "alternatives without an upper limit")]
    [InlineData("(?:a|b|)+?c", "alternatives without an upper limit")]
    [InlineData("(?:a|b|c){20}d", "alternatives so often")]
    [InlineData("(?:ab){2,}c", "without an upper limit ({n,})")]
    [InlineData("(?:a){0,}c", "without an upper limit ({n,})")]
    [InlineData(".{1000}", "more than 999 times")]
    [InlineData(".{0,1000}x", "more than 999 times")]
    [InlineData(".{1000,}", "more than 999 times")]
    [InlineData(@"\w{5000}", "more than 999 times")]
    [InlineData("(?:ab){1000}", "more than 999 times")]
    [InlineData("(a+", "not a valid regular expression")]
    [InlineData("[a", "not a valid regular expression")]
    [InlineData("*", "not a valid regular expression")]
    [InlineData(@"\", "not a valid regular expression")]
    [InlineData("a*", "must not match the empty text")]
    [InlineData("a|", "must not match the empty text")]
    [InlineData("^", "must not match the empty text")]
    [InlineData("(?x) (a+) +b", "must not use the x option")]
    [InlineData("(?ix: a)", "must not use the x option")]
    [InlineData("(?-i+x: a)", "must not use the x option")]
    [InlineData("(a+)(?#c)+b", "must not hold comments")]
    public void Patterns_that_could_run_away_are_refused_with_the_reason(string pattern, string reason) =>
        PatternScreen.WhyRefused(pattern).ShouldNotBeNull().ShouldContain(reason);

    [Fact]
    public void A_pattern_may_be_long_but_not_endless()
    {
        PatternScreen.WhyRefused(new string('a', 1_000)).ShouldBeNull();
        PatternScreen.WhyRefused(new string('a', 1_001)).ShouldBe("must be at most 1000 characters");
        PatternScreen.WhyRefused(string.Concat(Enumerable.Repeat("(", 51)) + "a" + new string(')', 51)).ShouldNotBeNull().ShouldContain("50 levels");
        PatternScreen.WhyRefused(string.Concat(Enumerable.Repeat("(", 490)) + "a" + new string(')', 490)).ShouldNotBeNull();
    }

    [Fact]
    public void Any_text_is_judged_without_an_exception()
    {
        var pieces = Gen.Elements(
            "a", "b", "1", "(", "(?:", "(?<n>", "(?=", "(?i)", "(?-x)", "(?(a)", "(?>", ")", "[", "[^", "]", "-", "-[", "\\", "\\]", "\\c", "\\x4", "\\p{L}",
            "{", "}", "{2}", "{2,}", "{1,3}", ",", "*", "+", "?", "|", "^", "$", ".", ":", "::]", "#", "(?#", " ", "'", "<", ">", "\\k<n>", "\\1");
        var patterns = pieces.ListOf().Select(list => string.Concat(list));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(patterns.ToArbitrary(), pattern => PatternScreen.WhyRefused(pattern) is not null || IsValid(pattern)));
    }

    private static bool IsValid(string pattern) => new Regex(pattern) is not null;
}
