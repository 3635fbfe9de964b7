using System.Net;
using System.Net.Sockets;
using Granary.Core.Storage;

namespace Granary.Orleans.Benchmarks;

/// <summary>Silos in this process, each a cluster of its own.</summary>
internal static class Silos
{
    /// <summary>Starts a silo with the HTTP API in front of it.</summary>
    public static Task<WebApplication> StartAsync(IPartitionStore store) => StartAsync(store, static _ => { });

    /// <summary>Starts a silo with the HTTP API in front of it.</summary>
    /// <param name="store">Where it keeps the memory.</param>
    /// <param name="configure">Changes the settings.</param>
    public static Task<WebApplication> StartAsync(IPartitionStore store, Action<GranaryOrleansOptions> configure) => WebHosts.GranaryAsync(builder =>
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0);
            silo.UseInMemoryReminderService();
            silo.Services.AddSingleton(store);
            silo.AddGranary(options =>
            {
                options.MaxSessions = 10_000;
                options.UseReminders = false;
                options.Resources = [SampleTurns.UnfoldedResource];
                configure(options);
            });
        }));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
