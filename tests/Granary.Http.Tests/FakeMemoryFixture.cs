using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over a memory whose users' records are a fake's: what is tested is what HTTP makes of them.</summary>
public sealed class FakeMemoryFixture : HttpFixture
{
    internal FakeMemoryCluster Cluster { get; private set; } = null!;

    /// <summary>Models to ask; null for none.</summary>
    internal IChatModels? Models { get; set; }

    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        if (Models is not null)
        {
            services.AddSingleton(Models);
        }

        var embedded = services.Last(service => service.ServiceType == typeof(IMemoryCluster)).ImplementationFactory!;
        services.AddSingleton<IMemoryCluster>(provider => Cluster = new FakeMemoryCluster((IMemoryCluster)embedded(provider), TimeProvider.System));
    }
}
