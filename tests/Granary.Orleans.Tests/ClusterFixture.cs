using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>A cluster of silos over a store that can fail.</summary>
internal sealed class ClusterFixture : MemoryFixture
{
    private readonly List<InProcessTestCluster> _clusters = [];
    private readonly bool _asClient;

    private ClusterFixture(bool asClient)
    {
        _asClient = asClient;
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));
    }

    public InProcessTestCluster Silos => _clusters[^1];

    public override IMemoryCluster Cluster => MemoryOf(Silos);

    public override FaultyPartitionStore Store { get; }

    public static async Task<MemoryFixture> OpenAsync(bool asClient = false)
    {
        var fixture = new ClusterFixture(asClient);
        await fixture.RestartAsync();
        return fixture;
    }

    public override async Task RestartAsync() => _clusters.Add(await StartAsync());

    public override async Task<IMemoryCluster> OpenSecondAsync()
    {
        var second = await StartAsync();
        _clusters.Insert(0, second);
        return MemoryOf(second);
    }

    public override Task MaintainAsync() =>
        Task.WhenAll(Enumerable.Range(0, PartitionShard.Count).Select(shard => Silos.Client.GetGrain<IMaintenanceGrain>(shard).WakeAsync()));

    public override async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters)
        {
            await cluster.DisposeAsync();
        }
    }

    private Task<InProcessTestCluster> StartAsync() =>
        TestClusters.StartAsync(Store, summarizer: Summarizer, configure: options => options.TimeProvider = Time);

    private IMemoryCluster MemoryOf(InProcessTestCluster cluster) =>
        _asClient ? cluster.Client.ServiceProvider.GetRequiredService<IMemoryCluster>() : cluster.Memory();
}
