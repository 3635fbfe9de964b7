using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Proxy;

/// <summary>The API with the proxy, over a memory that can be made to fail, and a scripted provider for all of OpenAI's, Anthropic's and Gemini's models.</summary>
public sealed class ProxyFixture : HttpFixture
{
    internal FaultyCluster Cluster { get; private set; } = null!;

    public ScriptedUpstream Upstream { get; private set; } = null!;

    /// <summary>Settings of the providers besides their address; to be set before the server starts.</summary>
    public Dictionary<string, string?> Settings { get; } = new()
    {
        ["Granary:Providers:openai:Key"] = "sk-openai",
        ["Granary:Providers:openai:Retries"] = "0",
        ["Granary:Providers:anthropic:Key"] = "sk-anthropic",
        ["Granary:Providers:anthropic:Retries"] = "0",
        ["Granary:Providers:gemini:Key"] = "gemini-key",
        ["Granary:Providers:gemini:Retries"] = "0",
    };

    /// <summary>Adds services of a test's own; to be set before the server starts.</summary>
    public Action<IServiceCollection>? Services { get; set; }

    public override async Task InitializeAsync()
    {
        Upstream = await ScriptedUpstream.StartAsync();
        foreach (var provider in (string[])["openai", "anthropic", "gemini"])
        {
            Settings.TryAdd($"Granary:Providers:{provider}:BaseUrl", Upstream.Address.ToString());
        }

        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        var embedded = services.Last(service => service.ServiceType == typeof(IMemoryCluster)).ImplementationFactory!;
        services.AddSingleton<IMemoryCluster>(provider => Cluster = new FaultyCluster((IMemoryCluster)embedded(provider)));
        services.AddGranaryModels(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build());
        Services?.Invoke(services);
    }
}

/// <summary>What the tests of the proxy have in common: a server and a provider of their own.</summary>
public abstract class ProxyTest : IAsyncLifetime
{
    protected ProxyFixture Fixture { get; } = new();

    protected ScriptedUpstream Upstream => Fixture.Upstream;

    protected ApiClient Api => Fixture.Server.As("ada");

    private protected FaultyCluster Cluster => Fixture.Cluster;

    public virtual Task InitializeAsync() => Fixture.InitializeAsync();

    public virtual Task DisposeAsync() => Fixture.DisposeAsync();

    protected Task<ApiAnswer> AskAsync(string session, params string[] said) => Api.PostAsync("/v1/chat/completions", Texts.Ask(said), ("X-Session-ID", session));

    protected Task<ApiAnswer> StreamAsync(string session, params string[] said) =>
        Api.PostAsync("/v1/chat/completions", Texts.Ask(said, ""","stream":true"""), ("X-Session-ID", session));

    /// <summary>The session's view as <c>u:</c>, <c>a:</c>, <c>t:</c> and text; <c>~</c> marks what is partial.</summary>
    protected async Task<string[]> ViewAsync(string session, string user = "ada", string tenant = "default")
    {
        var context = await Cluster.Session(new SessionKey(tenant, user, session)).GetContextAsync();
        return [.. context.ActiveContext.SelectMany(turn => turn.Messages).Select(Line)];
    }

    protected async Task<Message[]> HistoryAsync(string session, string user = "ada", string tenant = "default") =>
        [.. (await Cluster.Session(new SessionKey(tenant, user, session)).GetMessagesAsync(1, 1000)).Messages];

    protected async Task<bool> ExistsAsync(string session, string user = "ada", string tenant = "default")
    {
        try
        {
            await Cluster.Session(new SessionKey(tenant, user, session)).GetInfoAsync();
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    /// <summary>Waits until something that happens in the background holds.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!await holds())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue("it did not come to that in time");
            await Task.Delay(10);
        }
    }

    private static string Line(Message message) =>
        $"{message.Role.ToString().ToLowerInvariant()[0]}{(message.Partial ? "~" : "")}:{message.ToolCallId}{string.Join('+', (message.ToolCalls ?? []).Select(call => call.Id))}{message.Content}";
}
