using System.Net;
using System.Net.Sockets;
using Granary.Orleans.Providers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Granary.Orleans.Conformance;

/// <summary>Silos and clients over a provider.</summary>
public static class ProviderHost
{
    /// <summary>The grain storage that silos have.</summary>
    public const string Storage = "records";

    /// <summary>A name that no other test has used.</summary>
    public static string NewName(string prefix) => $"{prefix}-{Guid.NewGuid():N}";

    /// <summary>A silo with all that the service offers, not started. A silo without the service's clustering is a cluster of one.</summary>
    public static IHost BuildSilo(ProviderService service, string clusterId, string serviceId, int gatewayPort = 0)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            var port = FreePort();
            if (service.Uses.HasFlag(ProviderUses.Clustering))
            {
                service.Provider.AddClustering(silo, service.Connection);
                silo.ConfigureEndpoints(IPAddress.Loopback, port, gatewayPort);
            }
            else
            {
                silo.UseLocalhostClustering(port, gatewayPort == 0 ? FreePort() : gatewayPort);
            }

            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, serviceId));
            service.Provider.AddReminders(silo, service.Connection);
            service.Provider.AddGrainStorage(silo, Storage, service.Connection);
        });
        return builder.Build();
    }

    /// <summary>A client that finds the cluster through the service, not started.</summary>
    public static IHost BuildClient(ProviderService service, string clusterId, string serviceId)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            service.Provider.AddClustering(client, service.Connection);
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, serviceId));
        });
        return builder.Build();
    }

    /// <summary>A port of the loopback address that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
