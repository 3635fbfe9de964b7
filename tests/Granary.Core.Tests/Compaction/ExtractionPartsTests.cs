using Granary.Core.Compaction;
using Granary.Core.Compaction.Extraction;
using static Granary.Core.Tests.Compaction.Conversations;

namespace Granary.Core.Tests.Compaction;

public class ExtractionPartsTests
{
    [Theory]
    [InlineData("I met Dr. Smith at 3.5 p.m. in St. Louis. He left.", "I met Dr. Smith at 3.5 p.m. in St. Louis.|He left.")]
    [InlineData("Use e.g. tea, i.e. green tea. Why? Because!", "Use e.g. tea, i.e. green tea.|Why?|Because!")]
    [InlineData("Version 4.7.2 is out... and it works. J. R. Tolkien wrote it.", "Version 4.7.2 is out... and it works.|J. R. Tolkien wrote it.")]
    [InlineData("See www.example.org/a.b. It's No. 5. \"Really?\" she said.", "See www.example.org/a.b.|It's No. 5.|\"Really?\"|she said.")]
    [InlineData("我好。你呢？好！", "我好。|你呢？|好！")]
    [InlineData("كيف حالك؟ بخير", "كيف حالك؟|بخير")]
    [InlineData("कैसे हो। ठीक", "कैसे हो।|ठीक")]
    [InlineData("# Plan\n- buy milk\n2. call Bob\n> quoted", "Plan|buy milk|call Bob|quoted")]
    [InlineData("Am 3. Mai um 8 Uhr. Gut.", "Am 3. Mai um 8 Uhr.|Gut.")]
    [InlineData("no end", "no end")]
    [InlineData(" \n ", "")]
    public void Sentences_end_where_they_end(string text, string sentences) => string.Join('|', Split(text)).ShouldBe(sentences);

    [Fact]
    public void A_sentence_without_an_end_is_cut_between_words()
    {
        var parts = Split(string.Concat(Enumerable.Repeat("word ", 500))).ToList();

        parts.ShouldAllBe(part => part.Length <= SentenceSplitter.MaxLength && !part.EndsWith("wor"));
        string.Join(' ', parts).ShouldBe(string.Concat(Enumerable.Repeat("word ", 500)).Trim());
        Split(string.Concat(Enumerable.Repeat("\U0001F600", 999))).ShouldAllBe(part => !char.IsLowSurrogate(part.First()) && !char.IsHighSurrogate(part.Last()));
    }

    [Fact]
    public void Lines_of_code_are_known_as_such()
    {
        var splitter = new SentenceSplitter("Run this:\n```sh\nmake all. Then\n```\nDone.");
        var code = new List<bool>();
        while (splitter.Next(out _, out _, out var isCode))
        {
            code.Add(isCode);
        }

        code.ShouldBe([false, true, false]);
    }

    [Theory]
    [InlineData("see https://example.org/a?b=c, and (src/app/main.cs).", "https://example.org/a?b=c|src/app/main.cs")]
    [InlineData("mail ada@example.org about ORD-20412 and #4711", "ada@example.org|ORD-20412|#4711")]
    [InlineData("commit 9f3c2ab in ~/code/repo or C:\\Temp\\log.txt", "9f3c2ab|~/code/repo|C:\\Temp\\log.txt")]
    [InlineData("id 123e4567-e89b-12d3-a456-426614174000 of report.pdf", "123e4567-e89b-12d3-a456-426614174000|report.pdf")]
    [InlineData("and/or 24/7 3.5 well-known 2024-05-01 e.g. it's A-1 x.y 100% $5", "")]
    public void Artifacts_are_what_will_be_needed_letter_by_letter(string text, string found)
    {
        var artifacts = new List<string>();
        for (var at = 0; Artifacts.Next(text, ref at, text.Length, out var range);)
        {
            artifacts.Add(text[range]);
        }

        string.Join('|', artifacts).ShouldBe(found);
    }

    [Fact]
    public void A_digest_tells_status_and_content_of_a_tool_result()
    {
        var call = Call("1", "get_weather", new { city = "Paris" }).ToolCalls![0];

        ToolDigest.Of(Result("1", """{"temp":21,"wind":{"speed":12},"tags":["dry","warm"],"none":null}"""), call)
            .ShouldBe("(city: Paris) ok: temp: 21, wind.speed: 12, tags: dry, tags: warm");
        ToolDigest.Of(Result("1", "  two\n lines "), null).ShouldBe("ok: two lines");
        ToolDigest.Of(Result("1", "partial", "timed out"), call).ShouldBe("(city: Paris) error: timed out");
        ToolDigest.Of(Result("1", ""), null).ShouldBe("ok");
        ToolDigest.Of(Result("1", "{not json}"), null).ShouldBe("ok: {not json}");
    }

    [Theory]
    [InlineData("word ")]
    [InlineData("\U0001F600")]
    public void A_digest_is_cut_at_2000_characters(string word)
    {
        var digest = ToolDigest.Of(Result("1", string.Concat(Enumerable.Repeat(word, 2_000))), null);

        digest.Length.ShouldBeInRange(1_990, 2_000 + "ok: ".Length + ToolDigest.Truncated.Length);
        digest.ShouldEndWith(" \u2026[truncated]");
        digest.EnumerateRunes().ShouldNotContain(System.Text.Rune.ReplacementChar);
    }

    // transcript.md 4 [avoid]: tool lines stood apart from the dialogue that caused them.
    [Fact]
    public void A_tool_result_stands_in_the_episode_where_it_happened()
    {
        var messages = Of(
            User("What does flight AY67 cost on 3 April?"), Call("1", "price", new { flight = "AY67" }), Result("1", "1150 EUR"),
            User("And flight SK42 on 5 April?"), Call("1", "price", new { flight = "SK42" }), Result("1", "980 EUR"), User("Fine."));

        var episode = ExtractiveText.Choose(TextAnalysis.Of(MessageReader.Read(messages)), 200, 200, null, null);

        var places = new[] { "AY67 cost", "1150 EUR", "SK42 on", "980 EUR" }.Select(part => episode.IndexOf(part, StringComparison.Ordinal)).ToList();
        places.ShouldAllBe(place => place >= 0, episode);
        places.ShouldBeInOrder(SortDirection.Ascending, episode);
    }

    [Fact]
    public void An_episode_can_be_shortened_again_and_keeps_its_speakers()
    {
        var text = "User: I moved to Lyon in 2019. Fine. The weather is nice.\nAssistant: The order ORD-2041 costs 300 EUR.";

        ExtractiveText.Shorten(text, 1_000, null, null).ShouldBe(text);
        ExtractiveText.Shorten(text, 30, null, null).ShouldBe("User: I moved to Lyon in 2019.\nAssistant: The order ORD-2041 costs 300 EUR.");
        ExtractiveText.Shorten(text, 0, null, null).ShouldBe("");
        ExtractiveText.Shorten("", 0, null, null).ShouldBe("");
    }

    [Theory]
    [InlineData("It is IMPORTANT.", true)]
    [InlineData("the key", true)]
    [InlineData("monkey, keys, unimportant", false)]
    [InlineData("key_name", false)]
    [InlineData("", false)]
    [InlineData("important_x important", true)]
    public void A_keyword_is_a_whole_word_in_any_case(string text, bool high) =>
        ImportanceLevels.For(new()).Of(User(text)).ShouldBe(high ? MessageImportance.High : MessageImportance.Medium);

    [Fact]
    public void Where_words_have_no_spaces_a_keyword_may_stand_anywhere()
    {
        var levels = ImportanceLevels.For(new() { PriorityKeywords = ["错误", "오류", " "] });

        levels.Of(User("这是错误的")).ShouldBe(MessageImportance.High);
        levels.Of(User("오류가 났어요")).ShouldBe(MessageImportance.High);
        levels.Of(User("好")).ShouldBe(MessageImportance.Medium);
    }

    [Fact]
    public void Levels_go_by_role()
    {
        var levels = ImportanceLevels.For(new());

        levels.Of(new() { Role = MessageRole.System }).ShouldBe(MessageImportance.Critical);
        levels.Of(Result("1", "critical error")).ShouldBe(MessageImportance.Low);
        levels.Of(Call("1", "x", new { })).ShouldBe(MessageImportance.Low);
        levels.Of(Call("1", "x", new { }) with { Content = "I look it up." }).ShouldBe(MessageImportance.Medium);
    }

    private static IEnumerable<string> Split(string text)
    {
        var splitter = new SentenceSplitter(text);
        while (splitter.Next(out var start, out var length, out _))
        {
            yield return text.Substring(start, length);
        }
    }
}
