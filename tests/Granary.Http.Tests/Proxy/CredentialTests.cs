using Granary.Http.Identity;

namespace Granary.Http.Tests.Proxy;

/// <summary>Which key a provider gets.</summary>
public sealed class CredentialTests : ProxyTest
{
    private static readonly string Hi = Texts.Ask("u:Hi");

    public override Task InitializeAsync()
    {
        Fixture.Settings["Granary:Providers:openai:Key"] = null;
        Fixture.Settings["Granary:Providers:anthropic:Key"] = null;
        return base.InitializeAsync();
    }

    [Theory]
    [InlineData("Authorization", "Bearer sk-callers", "Authorization", "Bearer sk-callers")]
    [InlineData("X-Provider-Key", "sk-callers", "Authorization", "Bearer sk-callers")]
    public async Task Where_a_provider_has_no_key_the_callers_is_passed_on(string header, string value, string sent, string credential)
    {
        (await Api.PostAsync("/v1/chat/completions", Hi, (header, value))).ShouldBe(200);

        Upstream.Last.Header(sent).ShouldBe(credential);
        Upstream.Last.Header("X-Provider-Key").ShouldBeNull();
    }

    [Fact]
    public async Task Anthropics_clients_send_their_key_in_a_header_of_its_own()
    {
        Upstream.Always(Texts.Message("Hi."));
        await Api.PostAsync("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""", ("x-api-key", "sk-ant-callers"));

        Upstream.Last.Header("x-api-key").ShouldBe("sk-ant-callers");
        Upstream.Last.Header("anthropic-version").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_key_of_this_service_is_never_sent_on()
    {
        var key = ApiKey.Create();
        await Api.PostAsync("/v1/chat/completions", Hi, ("Authorization", "Bearer " + key.Text));
        await Api.PostAsync("/v1/chat/completions", Hi, ("X-API-Key", key.Text));
        await Api.PostAsync("/v1/chat/completions", Hi, ("X-Provider-Key", key.Text));
        await using var server = await Fixture.StartAsync(options => options.Keys = [new ApiKeyOptions { Hash = key.Hash, Tenant = "acme", User = "ada" }]);
        await server.With(key).PostAsync("/v1/chat/completions", Hi);
        await server.Client().PostAsync("/v1/chat/completions", Hi, ("X-API-Key", key.Text));

        Upstream.Calls.Count.ShouldBe(5);
        Upstream.Calls.ShouldAllBe(call => call.Header("Authorization") == null && call.Headers.Values.All(value => !value.Contains(key.Text)));

        await server.With(key).PostAsync("/v1/chat/completions", Hi, ("X-Provider-Key", "sk-callers"));
        Upstream.Last.Header("Authorization").ShouldBe("Bearer sk-callers");
    }

    [Fact]
    public async Task A_key_that_the_operator_chose_is_known_for_one_of_this_service()
    {
        const string Chosen = "sk-looks-like-a-providers";
        var hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Chosen)));
        await using var server = await Fixture.StartAsync(options => options.Keys = [new ApiKeyOptions { Hash = hash, Tenant = "acme", User = "ada" }]);

        await server.Client().PostAsync("/v1/chat/completions", Hi, ("Authorization", "Bearer " + Chosen), ("X-Provider-Key", Chosen));

        Upstream.Last.Headers.Values.ShouldAllBe(value => !value.Contains(Chosen));
    }

    [Theory]
    [InlineData(null, "org-callers")]
    [InlineData("sk-operators", null)]
    public async Task Who_pays_chooses_the_organization(string? operatorsKey, string? organization)
    {
        Fixture.Settings["Granary:Providers:openai:Key"] = operatorsKey;
        await using var server = await Fixture.StartAsync();

        await server.As("ada").PostAsync("/v1/chat/completions", Hi, ("Authorization", "Bearer sk-callers"), ("OpenAI-Organization", "org-callers"));

        Upstream.Last.Header("OpenAI-Organization").ShouldBe(organization);
    }

    [Fact]
    public async Task The_callers_key_does_not_go_to_a_provider_that_stands_in_for_another()
    {
        await using var second = await ScriptedUpstream.StartAsync();
        Fixture.Settings["Granary:Providers:backup:Kind"] = "Compatible";
        Fixture.Settings["Granary:Providers:backup:BaseUrl"] = second.Address.ToString();
        Fixture.Settings["Granary:Providers:backup:Models:0"] = "gpt-4o*";
        Fixture.Settings["Granary:Providers:backup:FallbackOrder"] = "1";
        Fixture.Settings["Granary:Providers:backup:Retries"] = "0";
        Upstream.Always("{}", 503);
        await using (var server = await Fixture.StartAsync())
        {
            (await server.As("ada").PostAsync("/v1/chat/completions", Hi, ("Authorization", "Bearer sk-callers"))).ShouldBe(503);
            second.Calls.ShouldBeEmpty();
        }

        Fixture.Settings["Granary:Providers:backup:Key"] = "sk-backup";
        await using (var server = await Fixture.StartAsync())
        {
            (await server.As("ada").PostAsync("/v1/chat/completions", Hi, ("Authorization", "Bearer sk-callers"), ("X-Session-ID", "s"))).ShouldBe(200);
            second.Last.Header("Authorization").ShouldBe("Bearer sk-backup");
        }
    }
}
