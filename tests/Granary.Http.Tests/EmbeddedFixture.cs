using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over the embedded host, over a store in memory, with all that a host may leave out.</summary>
public sealed class EmbeddedFixture : HttpFixture
{
    /// <summary>Providers with keys, at an address where nobody listens.</summary>
    private static IConfiguration Settings { get; } = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Granary:Providers:mistral:Key"] = "sk-test",
        ["Granary:Providers:mistral:BaseUrl"] = "http://127.0.0.1:1",
    }).Build();

    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        services.AddGranaryModels(Settings);
        services.AddSingleton<IChatModels>(new EchoModels());
        services.AddGranaryAudit(audit =>
        {
            audit.Content = true;
            audit.FlushInterval = TimeSpan.FromMilliseconds(10);
        });
        services.AddGranaryBatches(Settings);
    }
}
