using Granary.Core.Compaction;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>Clusters of several silos in this process: real membership, placement and serialization between the silos.</summary>
internal static class TestClusters
{
    /// <summary>
    /// Grains whose place a silo remembers. Orleans makes room for a million at the start of each silo, some 16 MiB, and each start has all garbage
    /// collected several times: with hundreds of silos in one process that was most of what these tests did.
    /// </summary>
    private const int RememberedGrains = 10_000;

    /// <summary>Starts a cluster over a store that all its silos share.</summary>
    public static async Task<InProcessTestCluster> StartAsync(
        IPartitionStore store, short silos = 2, ISummarizer? summarizer = null, Action<GranaryOrleansOptions>? configure = null, Action<ISiloBuilder>? silo = null)
    {
        var cluster = Build(silos, s =>
        {
            s.Services.AddSingleton(store);
            if (summarizer is not null)
            {
                s.Services.AddSingleton(summarizer);
            }

            s.AddGranary(options =>
            {
                options.UseReminders = false;
                configure?.Invoke(options);
            });
            silo?.Invoke(s);
        });
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Builds a cluster that is not started yet.</summary>
    public static InProcessTestCluster Build(short silos, Action<ISiloBuilder> silo)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, s) =>
        {
            s.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = RememberedGrains);
            silo(s);
        });
        builder.ConfigureClient(client => client.AddGranary());
        return builder.Build();
    }

    /// <summary>The memory as one of the silos sees it.</summary>
    public static IMemoryCluster Memory(this InProcessTestCluster cluster, int silo = 0) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<IMemoryCluster>();

    /// <summary>The memory as a client of the cluster sees it.</summary>
    public static IMemoryCluster ClientMemory(this InProcessTestCluster cluster) => cluster.Client.ServiceProvider.GetRequiredService<IMemoryCluster>();

    /// <summary>
    /// Ends a cluster. Killed and not stopped: a silo that was stopped in order stays in the process's memory for good, and with hundreds of them the
    /// collector, which each start of a silo calls several times, would have more to do than the tests.
    /// </summary>
    public static async Task KillAsync(this InProcessTestCluster cluster)
    {
        foreach (var silo in cluster.Silos.ToArray())
        {
            await cluster.KillSiloAsync(silo);
        }

        await cluster.DisposeAsync();
    }

    /// <summary>Ends a cluster that nobody looks at any more, without waiting: it takes a second, in which next to nothing is done.</summary>
    public static void Abandon(this InProcessTestCluster cluster) => _ = Task.Run(cluster.KillAsync);
}
