using Granary.Llm.Providers;
using Microsoft.Extensions.Options;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ProviderSettingsTests
{
    [Fact]
    public void Without_settings_the_three_are_there_for_callers_with_their_own_key()
    {
        var providers = ProviderSettings.Read(Configuration());
        providers.Select(provider => provider.Name).ShouldBe(["anthropic", "gemini", "openai"]);
        providers.ShouldAllBe(provider => provider.IsImplied && provider.Options.Key == null);
    }

    [Fact]
    public void The_usual_variables_configure_their_provider()
    {
        var providers = ProviderSettings.Read(Configuration(
            ("OPENAI_API_KEY", " sk-1 "), ("OPENAI_BASE_URL", "http://o/v1"), ("ANTHROPIC_API_KEY", "a"), ("ANTHROPIC_BASE_URL", "http://a"),
            ("GEMINI_API_KEY", "g"), ("GEMINI_BASE_URL", "http://g"), ("AZURE_OPENAI_ENDPOINT", "https://z"), ("AZURE_OPENAI_API_KEY", "z"),
            ("AZURE_OPENAI_DEPLOYMENT", "d"))).ToDictionary(provider => provider.Name);
        (providers["openai"].Options.Key, providers["openai"].Options.BaseUrl, providers["openai"].IsImplied).ShouldBe(("sk-1", "http://o/v1", false));
        (providers["anthropic"].Options.Key, providers["anthropic"].Options.BaseUrl).ShouldBe(("a", "http://a"));
        (providers["gemini"].Options.Key, providers["gemini"].Options.BaseUrl).ShouldBe(("g", "http://g"));
        (providers["azure"].Options.Key, providers["azure"].Options.BaseUrl, providers["azure"].Options.Deployment).ShouldBe(("z", "https://z", "d"));
    }

    [Fact]
    public void Empty_variables_are_unset()
    {
        var providers = ProviderSettings.Read(Configuration(("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", " "), ("AZURE_OPENAI_ENDPOINT", ""), ("AZURE_OPENAI_API_KEY", "")));
        providers.Select(provider => provider.Name).ShouldBe(["anthropic", "gemini", "openai"]);
        providers.ShouldAllBe(provider => provider.IsImplied);
    }

    [Fact]
    public void A_section_is_stronger_than_a_variable_and_takes_from_it_what_it_does_not_say()
    {
        var provider = ProviderSettings.Read(Configuration(
            ("OPENAI_API_KEY", "variable"), ("OPENAI_BASE_URL", "http://variable"), ("Granary:Providers:OpenAI:Key", "section"),
            ("Granary:Providers:OpenAI:Retries", "5"))).Single(provider => provider.Name == "openai");
        (provider.Options.Key, provider.Options.BaseUrl, provider.Options.Retries, provider.IsImplied).ShouldBe(("section", "http://variable", 5, false));
    }

    [Fact]
    public void A_section_that_makes_something_else_of_a_name_does_not_get_the_key_meant_for_it()
    {
        var provider = ProviderSettings.Read(Configuration(
            ("OPENAI_API_KEY", "secret"), ("Granary:Providers:openai:Kind", "compatible"), ("Granary:Providers:openai:BaseUrl", "http://elsewhere")))
            .Single(provider => provider.Name == "openai");
        (provider.Kind, provider.Options.Key).ShouldBe((ProviderKind.Compatible, null));
    }

    [Fact]
    public void A_provider_can_be_switched_off() =>
        ProviderSettings.Read(Configuration(("Granary:Providers:openai:Enabled", "false"))).Select(provider => provider.Name).ShouldBe(["anthropic", "gemini"]);

    [Theory]
    [InlineData("mine:Key", "k", "Granary:Providers:mine:Kind is required")]
    [InlineData("mine:Kind", "compatible", "Granary:Providers:mine:BaseUrl is required")]
    [InlineData("azure:Key", "k", "Granary:Providers:azure:BaseUrl (AZURE_OPENAI_ENDPOINT) is required")]
    [InlineData("openai:BaseUrl", "ftp://x", "Granary:Providers:openai:BaseUrl must be an address")]
    [InlineData("openai:BaseUrl", "http://user:pw@x", "Granary:Providers:openai:BaseUrl must be an address")]
    [InlineData("openai:Key", "two words", "Granary:Providers:openai:Key has characters")]
    [InlineData("openai:Retries", "11", "Granary:Providers:openai:Retries must be 0 to 10")]
    [InlineData("openai:Retries", "many", "Granary:Providers:openai:Retries")]
    [InlineData("openai:Kind", "opneai", "Granary:Providers:openai:Kind")]
    [InlineData("openai:TimeoutSeconds", "0", "Granary:Providers:openai:TimeoutSeconds must be above 0")]
    [InlineData("openai:WholeAnswerTimeoutSeconds", "NaN", "Granary:Providers:openai:WholeAnswerTimeoutSeconds must be above 0")]
    [InlineData("openai:MaxConcurrentCalls", "0", "Granary:Providers:openai:MaxConcurrentCalls must be 1")]
    [InlineData("openai:BreakerFailureRatio", "1.5", "Granary:Providers:openai:BreakerFailureRatio must be above 0")]
    [InlineData("openai:BreakerMinimumCalls", "1", "Granary:Providers:openai:BreakerMinimumCalls must be 2")]
    [InlineData("openai:BreakerPauseSeconds", "0", "Granary:Providers:openai:BreakerPauseSeconds must be 1")]
    [InlineData("openai:MaxRetryDelaySeconds", "301", "Granary:Providers:openai:MaxRetryDelaySeconds must be above 0")]
    [InlineData("openai:IdleTimeoutSeconds", "0", "Granary:Providers:openai:IdleTimeoutSeconds must be above 0")]
    [InlineData("openai:Headers:Authorization", "Bearer x", "Granary:Providers:openai:Headers:Authorization is a header that the provider's client sets itself")]
    [InlineData("anthropic:Headers:X-Api-Key", "x", "Granary:Providers:anthropic:Headers:X-Api-Key is a header that")]
    [InlineData("openai:Headers:two words", "x", "Granary:Providers:openai:Headers has 'two words'")]
    [InlineData("openai:Headers:X-A", "a\r\nX-B: b", "Granary:Providers:openai:Headers:X-A must have a value of printable ASCII")]
    [InlineData("openai:Headers:X-A", "", "Granary:Providers:openai:Headers:X-A must have a value of printable ASCII")]
    [InlineData("openai:ApiVersion", " ", "Granary:Providers:openai:ApiVersion must not be empty")]
    [InlineData("openai:Models:0", "g*t", "Granary:Providers:openai:Models has 'g*t'")]
    [InlineData("anthropic:PassReasoningEffort", "true", "Granary:Providers:anthropic:PassReasoningEffort is for the kinds openai, azure and compatible")]
    [InlineData("openai:Deployment", "d", "only a provider of the kind azure has deployments")]
    [InlineData("openai:Keyy", "k", "Granary:Providers:openai:Keyy is not a setting. There are: ")]
    [InlineData("two words:Key", "k", "Granary:Providers:two words: a provider's name")]
    public void Wrong_settings_are_named_with_the_fix(string name, string value, string message)
    {
        var failure = Should.Throw<OptionsValidationException>(() => ProviderSettings.Read(Configuration(($"Granary:Providers:{name}", value))))
            .Failures.ShouldHaveSingleItem();
        failure.ShouldContain(message);
        failure.ShouldNotContain("two words;");
    }

    [Fact]
    public void A_deployment_without_a_name_is_named_with_the_fix() =>
        Should.Throw<OptionsValidationException>(() => ProviderSettings.Read(Configuration(
                ("AZURE_OPENAI_ENDPOINT", "https://z"), ("Granary:Providers:azure:Deployments:gpt-4o", " "))))
            .Failures.ShouldHaveSingleItem().ShouldContain("Granary:Providers:azure:Deployments:gpt-4o must be the name of a deployment");

    [Fact]
    public void A_provider_that_is_switched_off_may_be_half_configured()
    {
        ProviderSettings.Read(Configuration(("Granary:Providers:azure:Enabled", "false"), ("Granary:Providers:azure:Retries", "11")))
            .ShouldNotContain(provider => provider.Name == "azure");
        Should.Throw<OptionsValidationException>(() => ProviderSettings.Read(Configuration(("Granary:Providers:azure:Enabled", "false"), ("Granary:Providers:azure:Keyy", "k"))))
            .Failures.ShouldHaveSingleItem().ShouldContain("Granary:Providers:azure:Keyy is not a setting");
    }

    [Theory]
    [InlineData("Summarizer", "text-embedding-3-small", null, null, "Granary:Models:Summarizer: 'text-embedding-3-small' makes vectors and no texts")]
    [InlineData("Embedder", "anthropic/voyage", "EmbedderDimensions", "8", "Granary:Models:Embedder: the provider 'anthropic' makes no vectors")]
    [InlineData("Embedder", "gemini-embedding-001", "EmbedderBatchTexts", "101", "Granary:Models:EmbedderBatchTexts must be 100 or less: the provider 'gemini'")]
    [InlineData("Catalogue:0:Name", "mine", "Catalogue:0:Provider", "nobody", "Granary:Models:Catalogue:0:Provider: there is no provider 'nobody'; there are: anthropic, gemini, off, openai.")]
    public void What_fails_at_each_call_is_known_at_the_start(string name, string value, string? other, string? otherValue, string message)
    {
        var configuration = Configuration(
            ("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k"), ("GEMINI_API_KEY", "k"), ("Granary:Providers:off:Kind", "compatible"), ("Granary:Providers:off:Enabled", "false"),
            ($"Granary:Models:{name}", value), ($"Granary:Models:{other ?? "SummarizerInputTokens"}", otherValue ?? "5000"));
        Should.Throw<OptionsValidationException>(() => ModelsSettings.Read(configuration, ProviderSettings.Read(configuration)))
            .Failures.ShouldHaveSingleItem().ShouldContain(message);
        if (name.StartsWith("Catalogue", StringComparison.Ordinal))
        {
            configuration["Granary:Models:Catalogue:0:Provider"] = "Off";
            ModelsSettings.Read(configuration, ProviderSettings.Read(configuration)).Catalogue.Count.ShouldBe(1);
        }
    }

    [Theory]
    [InlineData("Summarizer", "unheard-of", "Granary:Models:Summarizer: No provider has the model 'unheard-of'")]
    [InlineData("Summarizer", "gpt-4o-mini", "The provider 'openai' of the model 'gpt-4o-mini' is not configured; set its key (Granary:Providers:openai:Key)")]
    [InlineData("SummarizerInputTokens", "10", "Granary:Models:SummarizerInputTokens must be 1000 or more")]
    [InlineData("EmbedderBatchTexts", "0", "Granary:Models:EmbedderBatchTexts must be 1 to 2048")]
    [InlineData("Catalogue:0:ContextTokens", "5", "Granary:Models:Catalogue:0:Name is required")]
    [InlineData("Sumarizer", "x", "Granary:Models:Sumarizer is not a setting")]
    public void Wrong_settings_of_models_are_named_with_the_fix(string name, string value, string message)
    {
        var configuration = Configuration(($"Granary:Models:{name}", value));
        Should.Throw<OptionsValidationException>(() => ModelsSettings.Read(configuration, ProviderSettings.Read(configuration)))
            .Failures.ShouldHaveSingleItem().ShouldContain(message);
    }

    [Fact]
    public void An_embedder_that_nobody_describes_needs_its_dimensions()
    {
        var configuration = Configuration(("Granary:Models:Embedder", "ollama/mine"), ("Granary:Providers:ollama:Kind", "ollama"));
        Should.Throw<OptionsValidationException>(() => ModelsSettings.Read(configuration, ProviderSettings.Read(configuration)))
            .Failures.ShouldHaveSingleItem().ShouldContain("Granary:Models:EmbedderDimensions is required");
        configuration["Granary:Models:EmbedderDimensions"] = "8";
        ModelsSettings.Read(configuration, ProviderSettings.Read(configuration)).EmbedderDimensions.ShouldBe(8);
    }
}
