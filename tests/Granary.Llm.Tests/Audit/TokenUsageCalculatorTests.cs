using Granary.Llm.Audit;

namespace Granary.Llm.Tests.Audit;

public sealed class TokenUsageCalculatorTests
{
    private readonly TokenUsageCalculator _prices = new(new FixedCatalogue());

    [Fact]
    public void Tokens_cost_what_the_catalogue_says_and_cached_ones_what_it_says_of_those()
    {
        _prices.Cost("gpt-4o", new ChatUsage(1_000_000, 100_000)).ShouldBe(3.5m);
        _prices.Cost("gpt-4o", new ChatUsage(1_000_000, 100_000, CachedInputTokens: 400_000)).ShouldBe(1.5m + 0.5m + 1m);
        _prices.Cost("gpt-4", new ChatUsage(1_000_000, 0, CachedInputTokens: 400_000)).ShouldBe(30m);
        _prices.Cost("openai/gpt-4o", new ChatUsage(1_000_000, 0)).ShouldBe(2.5m);
        _prices.Cost("gpt-4o", new ChatUsage(1_000_000, 100_000), 0.5m).ShouldBe(1.75m);
    }

    [Fact]
    public void Avoid_a_shorter_name_that_takes_a_longer_ones_price()
    {
        _prices.Cost("gpt-4-turbo-2024-04-09", new ChatUsage(1_000_000, 0)).ShouldBe(10m);
        _prices.Cost("gpt-4-0613", new ChatUsage(1_000_000, 0)).ShouldBe(30m);
    }

    [Fact]
    public void Avoid_a_cost_of_zero_for_a_model_whose_price_nobody_knows()
    {
        _prices.Cost("my-own-model", new ChatUsage(10, 10)).ShouldBeNull();
        _prices.Cost("half-known", new ChatUsage(10, 10)).ShouldBeNull();
        _prices.Cost("half-known", new ChatUsage(1_000_000, 0)).ShouldBe(1m);
        _prices.Cost("gpt-4o", null).ShouldBeNull();
    }
}
