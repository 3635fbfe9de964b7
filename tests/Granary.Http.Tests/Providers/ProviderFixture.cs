using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Providers.Chain;
using Granary.Providers.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Providers;

/// <summary>The API over a chain of two providers in memory, with a third connection to register.</summary>
public sealed class ProviderFixture : HttpFixture
{
    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        services.AddGranaryMemoryProviders(options =>
        {
            options.Provider = "Chain";
            options.RecallLimit = 3;
            foreach (var name in new[] { "one", "two", "three" })
            {
                options.Connections[name] = new MemoryConnectionOptions { Type = "mock" };
            }

            options.Chain.Providers = [new ChainProviderOptions { Name = "one", Priority = 10 }, new ChainProviderOptions { Name = "two", Priority = 20 }];
        });
    }
}

/// <summary>The API over Granary's own memory, with memory providers registered as the executables do.</summary>
public sealed class NativeFixture : HttpFixture
{
    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
        services.AddGranaryEmbedded();
        services.AddGranaryMemoryProviders(options => options.RecallLimit = 2);
    }
}
