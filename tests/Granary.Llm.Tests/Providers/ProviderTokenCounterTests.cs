using System.Text.Json.Nodes;
using Granary.Conformance.Time;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging.Abstractions;
using static Granary.Llm.Tests.Providers.FakeExchange;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ProviderTokenCounterTests
{
    private readonly ScriptAwareTokenCounter _tokens = new();

    [Fact]
    public async Task Anthropic_counts_what_it_takes_of_a_request()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, """{"input_tokens":777}"""));
        using var router = Router(Setup(ProviderKind.Anthropic, upstream.Address));
        (await Counter(router).CountAsync(Ask("claude-sonnet-4-5") with { MaxTokens = 5, Temperature = 1 })).ShouldBe(new PromptTokens(777, true));
        var request = upstream.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/v1/messages/count_tokens");
        JsonNode.Parse(request.Body)!.AsObject().Select(property => property.Key).ShouldBe(["model", "messages"], ignoreOrder: true);
    }

    [Fact]
    public async Task Gemini_counts_the_whole_request()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, """{"totalTokens":31}"""));
        using var router = Router(Setup(ProviderKind.Gemini, upstream.Address));
        (await Counter(router).CountAsync(Ask("gemini-2.5-flash"))).ShouldBe(new PromptTokens(31, true));
        var request = upstream.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/v1beta/models/gemini-2.5-flash:countTokens");
        JsonNode.Parse(request.Body)!["generateContentRequest"]!["model"]!.GetValue<string>().ShouldBe("models/gemini-2.5-flash");
    }

    [Fact]
    public async Task The_estimator_does_not_learn_from_a_count_whose_call_reports_the_same_again()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, """{"input_tokens":4000}"""));
        using var router = Router(Setup(ProviderKind.Anthropic, upstream.Address));
        var words = string.Join(' ', Enumerable.Repeat("word", 1_000));
        var ask = Ask("claude-sonnet-4-5", words);
        var before = _tokens.Count(words, "claude-sonnet-4-5");
        for (var round = 0; round < 5; round++)
            await Counter(router).CountAsync(ask);
        _tokens.Count(words, "claude-sonnet-4-5").ShouldBe(before);
    }

    [Theory]
    [InlineData(500, "{}")]
    [InlineData(200, "half a")]
    [InlineData(200, "{}")]
    [InlineData(200, "[]")]
    public async Task Where_counting_fails_an_estimate_stands_in(int status, string body)
    {
        await using var upstream = FakeUpstream.Of(Answer(status, body));
        using var router = Router(Setup(ProviderKind.Anthropic, upstream.Address, options => options.Retries = 0));
        var count = await Counter(router).CountAsync(Ask("claude-sonnet-4-5"));
        count.IsExact.ShouldBeFalse();
        count.Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task After_five_seconds_an_estimate_stands_in()
    {
        var time = new ManualTimeProvider();
        await using var upstream = FakeUpstream.Of(exchange => exchange.GoneAsync());
        using var router = Router(time, Setup(ProviderKind.Anthropic, upstream.Address));
        var count = Counter(router, time).CountAsync(Ask("claude-sonnet-4-5")).AsTask();
        while (upstream.Requests.IsEmpty)
            await Task.Delay(5);
        time.Advance(TimeSpan.FromSeconds(5));
        (await count.WaitAsync(Patience)).IsExact.ShouldBeFalse();
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("unheard-of")]
    public async Task Without_a_counting_provider_there_is_an_estimate(string model)
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "{}"));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        (await Counter(router).CountAsync(Ask(model))).IsExact.ShouldBeFalse();
        upstream.Requests.ShouldBeEmpty();
    }

    private ProviderTokenCounter Counter(IProviderRouter router, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        return new(router, new ChatDialects(time), _tokens, time, NullLogger<ProviderTokenCounter>.Instance);
    }
}
