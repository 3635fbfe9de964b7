using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Tokens;

namespace Granary.Core.Tests.Tokens;

public class ScriptAwareTokenCounterTests
{
    private readonly ScriptAwareTokenCounter counter = new();

    // What cl100k_base gives for texts whose counts are published: the OpenAI cookbook, the tokenizer's page and its help article.
    [Theory]
    [InlineData("Hello world", 2)]
    [InlineData("Hello, world!", 4)]
    [InlineData("The quick brown fox jumps over the lazy dog.", 10)]
    [InlineData("tiktoken is great!", 6)]
    [InlineData("antidisestablishmentarianism", 6)]
    [InlineData("2 + 2 = 4", 7)]
    [InlineData("お誕生日おめでとう", 9)]
    [InlineData("1234567", 3)]
    [InlineData("def f(x):\n    return x + 1\n", 12)]
    public void Known_texts_come_close(string text, int known) => counter.Count(text, null).ShouldBeInRange(known - 2, known + 2);

    [Fact]
    public void English_has_about_four_characters_to_a_token()
    {
        const string Preamble =
            "When in the Course of human events, it becomes necessary for one people to dissolve the political bands which have connected them "
            + "with another, and to assume among the powers of the earth, the separate and equal station to which the Laws of Nature and of "
            + "Nature's God entitle them, a decent respect to the opinions of mankind requires that they should declare the causes which impel "
            + "them to the separation.";

        ((double)Preamble.Length / counter.Count(Preamble, null)).ShouldBeInRange(3.8, 5.2);
    }

    [Theory]
    [InlineData("我们决定在五月搬到北京去工作", 0.7, 1.3)]
    [InlineData("Привет, как твои дела сегодня", 0.3, 0.6)]
    [InlineData("مرحبا كيف حالك اليوم", 0.5, 0.9)]
    [InlineData("नमस्ते आप कैसे हैं", 0.6, 1.1)]
    [InlineData("\U0001F600\U0001F680\U0001F389", 1, 1.6)]
    public void Other_scripts_have_their_own_cost_per_character(string text, double least, double most) =>
        ((double)counter.Count(text, null) / text.Length).ShouldBeInRange(least, most);

    [Fact]
    public void Code_and_numbers_are_denser_than_prose()
    {
        var prose = counter.Count("the results of the meeting were sent to all members of the team", null) / 63.0;

        (counter.Count("if(a[i]!=b[j]){x+=y*2;return!0;}for(;;){k--;}", null) / 45.0).ShouldBeGreaterThan(1.5 * prose);
        (counter.Count("4715 8823 9902 1187 3341", null) / 24.0).ShouldBeGreaterThan(1.5 * prose);
    }

    [Fact]
    public void Only_an_empty_text_has_no_tokens()
    {
        counter.Count("", null).ShouldBe(0);
        counter.Count(" ", null).ShouldBe(1);
        counter.Count("\0", null).ShouldBe(1);
        counter.Count("\ud83d", null).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Any_text_has_at_least_one_token_and_never_more_than_three_per_character() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            text ??= "";
            counter.Count(text, null).ShouldBeInRange(Math.Min(1, text.Length), 3 * text.Length);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Where_a_run_lies_within_the_text_does_not_matter()
    {
        // The text is read in pieces of 64 characters: nothing may change at their edges.
        const string Middle = "internationalization costs 123456 EUR; don't  forget: fooBarBaz!!!\n\n";
        var alone = counter.Count(Middle, null);
        for (var before = 0; before < 130; before++)
        {
            var prefix = string.Concat(Enumerable.Repeat("a ", before));
            (counter.Count(prefix + Middle, null) - counter.Count(prefix, null)).ShouldBeInRange(alone - 1, alone + 1, $"after {before} words");
        }
    }

    [Fact]
    public void A_message_costs_all_that_a_model_gets_of_it()
    {
        var plain = new Message { Role = MessageRole.User, Content = "Hello world" };
        var bare = counter.Count(plain, null);

        bare.ShouldBe(2 + ScriptAwareTokenCounter.TokensPerMessage);
        counter.Count(plain with { Name = "Ada" }, null).ShouldBe(bare + 1);
        counter.Count(plain with { ToolError = "no such file" }, null).ShouldBe(bare + 3);
        counter.Count(plain with { Media = [new(MediaKind.Image, "data:image/png;base64," + new string('A', 9_000), Description: "a cat")] }, null)
            .ShouldBe(bare + ScriptAwareTokenCounter.TokensPerImage + 2);
        var arguments = JsonSerializer.SerializeToElement(new { city = "Paris" });
        counter.Count(plain with { ToolCalls = [new("call_1", "get_weather", arguments)] }, null)
            .ShouldBeInRange(bare + ScriptAwareTokenCounter.TokensPerToolCall + 5, bare + ScriptAwareTokenCounter.TokensPerToolCall + 10);
        counter.Count(plain with { ToolCalls = [new("call_1", "get_weather", default)] }, null).ShouldBe(bare + ScriptAwareTokenCounter.TokensPerToolCall + 2);
    }

    [Fact]
    public void Reasoning_and_metadata_cost_nothing()
    {
        var message = new Message { Role = MessageRole.Assistant, Content = "Yes." };

        counter.Count(message with { Reasoning = "Let me think about it.", Metadata = JsonSerializer.SerializeToElement(new { a = 1 }) }, null)
            .ShouldBe(counter.Count(message, null));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var message = new Message
        {
            Role = MessageRole.Assistant,
            Content = "Café 世界 " + new string('x', 300),
            ToolCalls = [new("call_1", "get_weather", JsonSerializer.SerializeToElement(new { city = "Paris" }))],
        };
        counter.Observe("m", 100, 120);
        counter.Count(message, "m");

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 100; index++)
        {
            counter.Count(message, "m");
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_model_is_learned_from_reports_and_the_others_are_not_touched()
    {
        var text = string.Concat(Enumerable.Repeat("All that was said here. ", 40));
        var estimate = counter.Count(text, null);
        for (var report = 0; report < 50; report++)
        {
            counter.Observe("dense", counter.Count(text, "dense"), 2 * estimate);
        }

        counter.Count(text, "dense").ShouldBeInRange((int)(1.9 * estimate), (int)(2.1 * estimate));
        counter.Count(text, "other").ShouldBe(estimate);
        counter.Count(text, null).ShouldBe(estimate);
    }

    [Fact]
    public void Absurd_reports_are_bounded()
    {
        for (var report = 0; report < 1_000; report++)
        {
            counter.Observe("high", 1_000, int.MaxValue);
            counter.Observe("low", int.MaxValue, 1);
        }

        counter.Observe("none", 0, 100);
        counter.Observe("none", 100, -1);
        var text = string.Concat(Enumerable.Repeat("word ", 1_000));
        var estimate = counter.Count(text, null);
        counter.Count(text, "high").ShouldBeLessThanOrEqualTo(4 * estimate);
        counter.Count(text, "low").ShouldBeGreaterThanOrEqualTo(estimate / 4);
        counter.Count(text, "none").ShouldBe(estimate);
    }

    [Fact]
    public void A_short_text_teaches_less_than_a_long_one()
    {
        counter.Observe("short", 5, 10);
        counter.Observe("long", 5_000, 10_000);
        var text = string.Concat(Enumerable.Repeat("word ", 1_000));

        counter.Count(text, "short").ShouldBeLessThan(counter.Count(text, "long"));
    }

    [Fact]
    public void Only_so_many_models_are_remembered_and_the_longest_unreported_goes()
    {
        var text = string.Concat(Enumerable.Repeat("word ", 1_000));
        var estimate = counter.Count(text, null);
        counter.Observe("first", 1_000, 2_000);
        counter.Observe("second", 1_000, 2_000);
        for (var model = 0; model < ModelCalibration.MaxModels - 1; model++)
        {
            counter.Observe("second", 1_000, 2_000);
            counter.Observe($"model {model}", 1_000, 1_000);
        }

        counter.Count(text, "first").ShouldBe(estimate);
        counter.Count(text, "second").ShouldBeGreaterThan(estimate);
    }

    [Fact]
    public async Task Counts_and_reports_may_come_from_all_threads()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var index = 0; index < 2_000; index++)
            {
                counter.Observe($"model {index % 300}", 1_000, 1_500);
                counter.Count("some words", $"model {(index + thread) % 300}").ShouldBeInRange(1, 8);
            }
        })));
    }
}
