using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over the embedded host, over a store in memory.</summary>
public sealed class EmbeddedFixture : HttpFixture
{
    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        services.AddGranaryAudit();
        services.AddSingleton<IModelCatalogue, NoPrices>();
    }
}
