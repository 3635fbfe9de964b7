using Granary.Llm.Providers;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ProviderRouterTests
{
    private static readonly ProviderSetup OpenAI = Setup(ProviderKind.OpenAI, null);
    private static readonly ProviderSetup Anthropic = Setup(ProviderKind.Anthropic, null);
    private static readonly ProviderSetup Gemini = Setup(ProviderKind.Gemini, null);
    private static readonly ProviderSetup Local = Setup(ProviderKind.Compatible, "http://l", options => options.Models = ["llama*", "openai/gpt-oss-20b"], "local");

    [Theory]
    [InlineData("gpt-4o", "openai", "gpt-4o")]
    [InlineData("GPT-5-mini", "openai", "GPT-5-mini")]
    [InlineData("o1", "openai", "o1")]
    [InlineData("o3-mini", "openai", "o3-mini")]
    [InlineData("text-embedding-3-small", "openai", "text-embedding-3-small")]
    [InlineData("claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5")]
    [InlineData("gemini-2.5-pro", "gemini", "gemini-2.5-pro")]
    [InlineData("llama-3.3-70b", "local", "llama-3.3-70b")]
    [InlineData("local/anything", "local", "anything")]
    [InlineData("LOCAL/a/b", "local", "a/b")]
    [InlineData("openai/gpt-4o", "openai", "gpt-4o")]
    [InlineData("openai/gpt-oss-20b", "local", "openai/gpt-oss-20b")]
    [InlineData("anthropic/unheard-of", "anthropic", "unheard-of")]
    public void A_models_name_picks_its_provider(string model, string provider, string name)
    {
        using var router = Router(OpenAI, Anthropic, Gemini, Local);
        var route = router.Route(model)[0];
        (route.Provider.Name, route.Model).ShouldBe((provider, name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unheard-of")]
    [InlineData("openhermes")]
    [InlineData("nobody/gpt-4o")]
    [InlineData("nobody/claude-sonnet-4-5")]
    [InlineData("local/")]
    [InlineData("/gpt-4o")]
    public void A_model_that_nobody_has_is_404(string model)
    {
        using var router = Router(OpenAI, Anthropic, Gemini, Local);
        var error = Should.Throw<ProviderException>(() => router.Route(model));
        error.Status.ShouldBe(404);
        error.Message.ShouldContain("Granary:Providers:NAME:Models");
    }

    [Theory]
    [InlineData("*", "anthropic/claude-sonnet-4")]
    [InlineData("anthropic/*", "anthropic/claude-sonnet-4")]
    [InlineData("anthropic/claude*", "ANTHROPIC/claude-sonnet-4")]
    public void A_provider_that_nobody_configured_takes_no_model_from_one_that_lists_it(string listed, string model)
    {
        var server = Setup(ProviderKind.Compatible, "http://r", options => options.Models = [listed], "server");
        using var router = Router(Setup(ProviderKind.OpenAI, null), Setup(ProviderKind.Anthropic, null) with { IsImplied = true }, server);
        var route = router.Route(model).ShouldHaveSingleItem();
        (route.Provider.Name, route.Model).ShouldBe(("server", model));
    }

    [Theory]
    [InlineData("anthropic/*", "server", "anthropic/claude-sonnet-4")]
    [InlineData("*", "anthropic", "claude-sonnet-4")]
    public void A_folder_that_is_listed_is_stronger_than_a_provider_of_its_name(string listed, string provider, string name)
    {
        var server = Setup(ProviderKind.Compatible, "http://r", options => options.Models = [listed], "server");
        using var router = Router(Anthropic, server);
        var route = router.Route("anthropic/claude-sonnet-4")[0];
        (route.Provider.Name, route.Model).ShouldBe((provider, name));
    }

    [Fact]
    public void The_catalogue_tells_where_no_name_does()
    {
        ProviderSetup[] setups = [OpenAI, Setup(ProviderKind.Compatible, "http://g", name: "groq")];
        using var router = new ProviderRouter(
            setups, setup => Provider(setup.Options.BaseUrl, name: setup.Name), new ModelCatalogue([new ModelSettings { Name = "kimi-", Provider = "Groq" }], setups));
        router.Route("kimi-k2").ShouldHaveSingleItem().Provider.Name.ShouldBe("groq");
    }

    [Fact]
    public void Several_providers_of_a_model_follow_in_their_order()
    {
        var azure = Setup(ProviderKind.Azure, "http://z");
        var listed = Setup(ProviderKind.Compatible, "http://l", options => options.Models = ["gpt-4o"], "listed");
        var first = Setup(ProviderKind.Compatible, "http://f", options => (options.Models, options.FallbackOrder) = (["*"], -1), "first");
        Names(Router(OpenAI, azure)).ShouldBe(["openai", "azure"]);
        Names(Router(azure, listed, OpenAI)).ShouldBe(["listed", "openai", "azure"]);
        Names(Router(azure, listed, OpenAI, first)).ShouldBe(["first", "listed", "openai", "azure"]);

        static IEnumerable<string> Names(ProviderRouter router)
        {
            using (router)
                return [.. router.Route("gpt-4o").Select(route => route.Provider.Name)];
        }
    }

    [Fact]
    public void Only_azure_configured_has_openais_models()
    {
        using var router = Router([.. ProviderSettings.Read(Configuration(("AZURE_OPENAI_ENDPOINT", "http://z"), ("AZURE_OPENAI_DEPLOYMENT", "my-gpt")))]);
        router.Route("gpt-4o").ShouldHaveSingleItem().Provider.Name.ShouldBe("azure");
        router.Route("my-gpt").ShouldHaveSingleItem().Provider.Name.ShouldBe("azure");
    }

    [Fact]
    public void A_provider_that_lists_its_models_has_no_others()
    {
        using var router = Router(Setup(ProviderKind.OpenAI, null, options => options.Models = ["gpt-4o-mini"], "main"));
        router.Route("gpt-4o-mini").ShouldHaveSingleItem();
        Should.Throw<ProviderException>(() => router.Route("gpt-4-turbo")).Status.ShouldBe(404);
    }
}
