using Granary.Core.Recall.Analysis;
using Shouldly;

namespace Granary.Core.Tests.Recall;

public class RelatedWordsTests
{
    [Theory]
    [InlineData("career", "job", true)]
    [InlineData("jobs", "profession", true)]
    [InlineData("instrument", "violin", false)]
    [InlineData("sibling", "sister", false)]
    public void A_word_has_words_for_the_same_and_for_kinds_of_it(string word, string relative, bool isSame)
    {
        var relatives = RelatedWords.Of(Term(word)).ShouldNotBeNull();
        (isSame ? relatives.Same : relatives.Kinds).ShouldContain(Term(relative));
        (isSame ? relatives.Kinds : relatives.Same).ShouldNotContain(Term(relative));
    }

    [Fact]
    public void Kinds_do_not_lead_back()
    {
        RelatedWords.Of(Term("violin")).ShouldBeNull();
        RelatedWords.Of("xyzzy").ShouldBeNull();
        RelatedWords.Of("").ShouldBeNull();
    }

    [Theory]
    [InlineData("work")]
    [InlineData("music")]
    [InlineData("family")]
    [InlineData("trip")]
    public void A_word_is_no_relative_of_itself_and_none_is_named_twice(string word)
    {
        var relatives = RelatedWords.Of(Term(word)).ShouldNotBeNull();
        relatives.Same.Concat(relatives.Kinds).ShouldNotContain(Term(word));
        relatives.Same.Concat(relatives.Kinds).ShouldBeUnique();
    }

    private static string Term(string word)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(word, terms);
        return terms[0].ToString();
    }
}
