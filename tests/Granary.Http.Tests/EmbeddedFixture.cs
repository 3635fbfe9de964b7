using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over the embedded host, over a store in memory, with all that a host may leave out.</summary>
public sealed class EmbeddedFixture : HttpFixture
{
    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddSingleton<IModelCatalogue>(new ModelCatalogue([], []));
        services.AddGranaryEmbedded();
        services.AddGranaryAudit(audit =>
        {
            audit.Content = true;
            audit.FlushInterval = TimeSpan.FromMilliseconds(10);
        });
    }
}
