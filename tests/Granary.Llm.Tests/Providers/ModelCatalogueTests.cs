using Granary.Llm.Providers;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ModelCatalogueTests
{
    private static readonly ModelCatalogue Catalogue = new([], []);

    /// <summary>[avoid] A table matched by any part of a name, in the table's order, gives gpt-4o the price of gpt-4: the longest name must win.</summary>
    [Theory]
    [InlineData("gpt-4", "gpt-4")]
    [InlineData("gpt-4-0613", "gpt-4")]
    [InlineData("gpt-4o", "gpt-4o")]
    [InlineData("gpt-4o-2024-08-06", "gpt-4o")]
    [InlineData("gpt-4o-2024-05-13", "gpt-4o-2024-05-13")]
    [InlineData("gpt-4o-mini-2024-07-18", "gpt-4o-mini")]
    [InlineData("gpt-4-turbo-preview", "gpt-4-turbo")]
    [InlineData("gpt-4-1106-preview", "gpt-4-1106")]
    [InlineData("gpt-4-0125-preview", "gpt-4-0125")]
    [InlineData("gpt-4-vision-preview", "gpt-4-vision")]
    [InlineData("gpt-4.5-preview-2025-02-27", "gpt-4.5")]
    [InlineData("o1-mini", "o1-mini")]
    [InlineData("o1-2024-12-17", "o1")]
    [InlineData("claude-opus-4-1-20250805", "claude-opus-4")]
    [InlineData("claude-opus-4-5-20251101", "claude-opus-4-5")]
    [InlineData("claude-from-the-future", "claude")]
    [InlineData("claude-opus-5", "claude-opus-5")]
    [InlineData("claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("claude-fable-5-1", "claude-fable-5-1")]
    [InlineData("gpt-6-astra", "gpt-6-astra")]
    [InlineData("gpt-6.9-new", "gpt-6")]
    [InlineData("gpt-5.1-chat-latest", "gpt-5.1-chat")]
    [InlineData("gpt-5.6-sol", "gpt-5.6")]
    [InlineData("gemini-3.1-pro-preview", "gemini-3.1-pro")]
    [InlineData("gemini-3.5-flash-lite", "gemini-3.5-flash-lite")]
    [InlineData("mistral-large-2411", "mistral-large-24")]
    [InlineData("mistral-large-latest", "mistral-large")]
    [InlineData("codestral-embed-2505", "codestral-embed")]
    [InlineData("gemini-2.5-flash-lite-preview", "gemini-2.5-flash-lite")]
    [InlineData("openai/gpt-4o-mini", "gpt-4o-mini")]
    [InlineData("openrouter/anthropic/claude-3-5-haiku", "claude-3-5-haiku")]
    [InlineData("ft:gpt-4o-mini:org::id", "gpt-4o-mini")]
    [InlineData("LLAMA3.1:70b", "llama3.1")]
    public void The_longest_name_wins(string model, string expected) => Catalogue.Find(model).Name.ShouldBe(expected);

    /// <summary>As the providers' pages had them on 2026-11-21.</summary>
    [Theory]
    [InlineData("claude-opus-5-5", 1_000_000, 128_000, 4, 0.2, 20)]
    [InlineData("claude-sonnet-5-5", 1_000_000, 128_000, 2, 0.2, 10)]
    [InlineData("claude-opus-4-8", 1_000_000, 128_000, 5, 0.5, 25)]
    [InlineData("gpt-6.1-terra", 1_050_000, 128_000, 1, 0.05, 5)]
    [InlineData("gpt-5.6", 1_050_000, 128_000, 4, 0.4, 20)]
    [InlineData("gemini-3.8-flash", 1_048_576, 65_536, 0.75, 0.075, 3.75)]
    [InlineData("mistral-large-2512", 262_144, 8_192, 0.5, null, 1.5)]
    public void Limits_and_prices_are_those_of_the_day(string model, int context, int output, double input, double? cached, double answer)
    {
        var info = Catalogue.Find(model);
        (info.ContextTokens, info.OutputTokens, info.InputPrice, info.CachedInputPrice, info.OutputPrice)
            .ShouldBe((context, output, (decimal)input, (decimal?)cached, (decimal)answer));
    }

    [Fact]
    public void A_model_that_nobody_knows_has_careful_defaults()
    {
        var info = Catalogue.Find("local/unheard-of");
        (info.Name, info.ContextTokens, info.CompactionRatio, info.SafetyTokens, info.InputPrice).ShouldBe(("unheard-of", 128_000, 0.8, 256, null));
    }

    [Fact]
    public void Every_built_in_model_makes_sense()
    {
        foreach (var model in KnownModels.All)
        {
            model.ContextTokens.ShouldBeGreaterThan(0);
            model.OutputTokens.ShouldBeLessThan(model.ContextTokens);
            (model.CachedInputPrice ?? 0).ShouldBeLessThanOrEqualTo(model.InputPrice ?? 0);
            (model.InputPrice ?? 0).ShouldBeLessThanOrEqualTo(model.OutputPrice ?? decimal.MaxValue);
            model.Capabilities.HasFlag(ModelCapabilities.Embeddings).ShouldBe(model.Dimensions is not null);
        }
    }

    [Fact]
    public void Settings_override_what_is_built_in_and_build_on_it()
    {
        var catalogue = new ModelCatalogue(
        [
            new ModelSettings { Name = "gpt-4o-2030", ContextTokens = 500_000 },
            new ModelSettings { Name = "gpt-4o", InputPrice = 1m },
            new ModelSettings { Name = "mine", Provider = "Local", Capabilities = ModelCapabilities.Chat },
        ], []);
        (catalogue.Find("gpt-4o-2024-08-06").InputPrice, catalogue.Find("gpt-4o").OutputPrice).ShouldBe((1m, 10m));
        (catalogue.Find("gpt-4o-2030-01").ContextTokens, catalogue.Find("gpt-4o-2030-01").InputPrice).ShouldBe((500_000, 1m));
        (catalogue.Find("mine-7b").Provider, catalogue.Find("mine-7b").Capabilities).ShouldBe(("local", ModelCapabilities.Chat));
    }

    [Fact]
    public void Callers_can_name_what_the_providers_have()
    {
        var catalogue = new ModelCatalogue([], [Setup(ProviderKind.Anthropic, null), Setup(ProviderKind.Ollama, null, options => options.Models = ["llama3.2:3b", "qwen*"])]);
        var names = catalogue.Models.Select(model => model.Name).ToList();
        names.ShouldContain("claude-sonnet-4");
        names.ShouldContain("llama3.2:3b");
        names.ShouldContain("qwen3");
        names.ShouldNotContain("gpt-4o");
        catalogue.Models.Single(model => model.Name == "llama3.2:3b").ShouldSatisfyAllConditions(
            model => model.Provider.ShouldBe("ollama"),
            model => model.ContextTokens.ShouldBe(128_000));
    }
}
