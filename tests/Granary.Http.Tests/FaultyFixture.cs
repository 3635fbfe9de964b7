using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over a memory that can be made to fail, on a clock that tests move. Each test has its own.</summary>
public sealed class FaultyFixture : HttpFixture
{
    internal FaultyCluster Cluster { get; private set; } = null!;

    public ManualTimeProvider Time { get; } = new();

    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(Time));
        services.AddGranaryEmbedded();
        var embedded = services.Last(service => service.ServiceType == typeof(IMemoryCluster)).ImplementationFactory!;
        services.AddSingleton<IMemoryCluster>(provider => Cluster = new FaultyCluster((IMemoryCluster)embedded(provider)));
    }
}
