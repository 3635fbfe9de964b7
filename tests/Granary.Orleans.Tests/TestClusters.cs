using Granary.Core.Compaction;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>Clusters of several silos in this process: real membership, placement and serialization between the silos.</summary>
internal static class TestClusters
{
    /// <summary>Starts a cluster over a store that all its silos share.</summary>
    public static async Task<InProcessTestCluster> StartAsync(
        IPartitionStore store, short silos = 2, ISummarizer? summarizer = null, Action<GranaryOrleansOptions>? configure = null, Action<ISiloBuilder>? silo = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, s) =>
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
        builder.ConfigureClient(client => client.AddGranary());
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>The memory as one of the silos sees it.</summary>
    public static IMemoryCluster Memory(this InProcessTestCluster cluster, int silo = 0) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<IMemoryCluster>();

    /// <summary>The memory as a client of the cluster sees it.</summary>
    public static IMemoryCluster ClientMemory(this InProcessTestCluster cluster) => cluster.Client.ServiceProvider.GetRequiredService<IMemoryCluster>();
}
