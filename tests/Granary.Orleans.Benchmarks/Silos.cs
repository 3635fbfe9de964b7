using System.Net;
using System.Net.Sockets;
using Granary.Core.Storage;

namespace Granary.Orleans.Benchmarks;

/// <summary>Silos in this process, each a cluster of its own.</summary>
internal static class Silos
{
    /// <summary>Starts a silo with the HTTP API in front of it.</summary>
    public static Task<WebApplication> StartAsync(IPartitionStore store) => StartAsync(store, maxSessions: 10_000);

    /// <summary>Starts a silo with the HTTP API in front of it.</summary>
    /// <param name="store">Where it keeps the memory.</param>
    /// <param name="maxSessions">How many sessions may be in memory.</param>
    /// <param name="reminders">Adds where reminders are kept; null: the shards have none.</param>
    public static Task<WebApplication> StartAsync(IPartitionStore store, int maxSessions, Action<ISiloBuilder>? reminders = null) => WebHosts.GranaryAsync(builder =>
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0);
            reminders?.Invoke(silo);
            silo.Services.AddSingleton(store);
            silo.AddGranary(options =>
            {
                options.MaxSessions = maxSessions;
                options.UseReminders = reminders is not null;
                options.Resources = [SampleTurns.UnfoldedResource];
            });
        }));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
