using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Analysis;
using Shouldly;

namespace Granary.Core.Tests.Recall;

public class TextAnalyzerTests
{
    [Theory]
    [InlineData("She bought running shoes", "buy run shoe")]
    [InlineData("Caroline's paintings, and the artist's studio", "carolin paint artist studio")]
    [InlineData("adoption adopted adopting", "adopt adopt adopt")]
    [InlineData("I don't think we'll go", "")]
    [InlineData("on May 7, 2023 at 10.5 km", "may 7 2023 10.5 km")]
    [InlineData("1,200 people, two dogs, 07", "1200 person 2 dog 7")]
    [InlineData("Café Müller", "cafe muller")]
    [InlineData("東京都", "東京 京都")]
    [InlineData("Привет МИР", "привет мир")]
    [InlineData("ＡＢＣ", "abc")]
    [InlineData("teeth mice children", "tooth mous child")]
    public void A_text_gives_its_terms(string text, string terms)
    {
        Terms(text).ShouldBe(terms.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("My garden", true)]
    [InlineData("That is what I said", true)]
    [InlineData("we've moved", true)]
    [InlineData("It is yours", false)]
    [InlineData("The US is big", false)]
    public void Who_speaks_of_oneself_is_noted(string text, bool expected)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze("I am here", terms);
        TextAnalyzer.Analyze(text, terms);
        terms.FirstPerson.ShouldBe(expected);
    }

    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("hoping", "hope")]
    [InlineData("hopping", "hop")]
    [InlineData("relational", "relat")]
    [InlineData("generously", "generous")]
    [InlineData("happiness", "happi")]
    [InlineData("happily", "happili")]
    [InlineData("volunteering", "volunt")]
    [InlineData("universities", "univers")]
    [InlineData("knightly", "knight")]
    [InlineData("sky", "sky")]
    [InlineData("dying", "die")]
    [InlineData("bed", "bed")]
    [InlineData("feed", "feed")]
    [InlineData("agreed", "agre")]
    public void Words_are_stemmed_as_Porter2_does(string word, string stem)
    {
        var buffer = new char[word.Length + 1];
        word.CopyTo(0, buffer, 0, word.Length);
        new string(buffer, 0, EnglishStemmer.Stem(buffer, word.Length)).ShouldBe(stem);
    }

    [Fact]
    public void Kinds_tell_names_and_numbers()
    {
        var terms = new TermList();
        TextAnalyzer.Analyze("Hello there. We met Anna in Rome three times", terms);
        var kinds = Enumerable.Range(0, terms.Count).ToDictionary(i => terms[i].ToString(), terms.Kind);
        kinds["anna"].ShouldBe(TermKind.Name);
        kinds["rome"].ShouldBe(TermKind.Name);
        kinds["3"].ShouldBe(TermKind.Number);
        kinds["meet"].ShouldBe(TermKind.Word);
    }

    [Fact]
    public void Any_text_gives_terms_of_bounded_length_without_failing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var odd = (text ?? "") + "\ud83d\ude00 \ud83d x\ud83d\u0301 " + new string('a', 300) + text;
            foreach (var term in Terms(odd))
            {
                term.Length.ShouldBeInRange(1, TextAnalyzer.MaxTermLength + 1);
            }
        }));

    private static List<string> Terms(string text)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(text, terms);
        return [.. Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString())];
    }
}
