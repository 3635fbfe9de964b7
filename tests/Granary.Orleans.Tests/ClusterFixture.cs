using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>A cluster of silos over a store that can fail.</summary>
internal sealed class ClusterFixture : MemoryFixture
{
    private const int MostClusters = 2;

    private readonly IEmbedder? _embedder;
    private readonly List<InProcessTestCluster> _clusters = [];
    private readonly List<InProcessTestCluster> _seconds = [];

    private ClusterFixture(IEmbedder? embedder) => (_embedder, Store) = (embedder, new FaultyPartitionStore(new InMemoryPartitionStore(Time)));

    public InProcessTestCluster Silos => _clusters[^1];

    public override IMemoryCluster Cluster => Silos.Memory();

    public override FaultyPartitionStore Store { get; }

    public static Task<MemoryFixture> OpenAsync() => OpenAsync(embedder: null);

    public static async Task<MemoryFixture> OpenAsync(IEmbedder? embedder)
    {
        var fixture = new ClusterFixture(embedder);
        await fixture.RestartAsync();
        return fixture;
    }

    public override async Task RestartAsync()
    {
        if (_embedder is not null && _clusters.Count > 0)
        {
            // Its users would go on by themselves.
            await Silos.KillAsync();
            _clusters.Clear();
        }

        // As after a crash: nobody waits for what is in memory. The one before goes on in vain for a while, older ones are killed.
        _clusters.Add(await StartAsync());
        if (_clusters.Count > MostClusters)
        {
            var old = _clusters[0];
            _clusters.RemoveAt(0);
            await old.KillAsync();
        }
    }

    public override async Task<IMemoryCluster> OpenSecondAsync()
    {
        var second = await StartAsync();
        _seconds.Add(second);
        return second.Memory();
    }

    /// <summary>Wakes the shards that have something due: the others would only be loaded to say that they have not.</summary>
    public override async Task MaintainAsync()
    {
        var waking = new List<Task>();
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            if ((await Store.Inner.DueAsync(shard, Time.GetUtcNow(), 1)).Count > 0)
            {
                waking.Add(Silos.Client.GetGrain<IMaintenanceGrain>(shard).WakeAsync());
            }
        }

        await Task.WhenAll(waking);
    }

    public override ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters.Concat(_seconds))
        {
            cluster.Abandon();
        }

        return ValueTask.CompletedTask;
    }

    private Task<InProcessTestCluster> StartAsync() =>
        TestClusters.StartAsync(
            Store,
            summarizer: Summarizer,
            configure: options => (options.TimeProvider, options.Reflection) = (Time, Reflection),
            silo: silo =>
            {
                silo.Services.AddSingleton<IReflector>(Reflector).AddSingleton<IReconciler>(Reconciler).AddSingleton<IProfiler>(Profiler);
                if (_embedder is not null)
                {
                    silo.Services.AddSingleton(_embedder);
                }
            });
}
