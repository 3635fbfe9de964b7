using Granary;
using Granary.Orleans.Cluster;
using Granary.Orleans.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Hosting;

/// <summary>Adds the memory to a client of a cluster.</summary>
public static class GranaryClientBuilder
{
    /// <summary>Adds <see cref="IMemoryCluster"/>, answered by the silos of the cluster that the client connects to.</summary>
    /// <param name="client">The client.</param>
    public static IClientBuilder AddGranary(this IClientBuilder client)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddGranaryContracts();
        client.Services.AddSingleton<Silos>();
        client.Services.AddSingleton<IMemoryCluster, ClientMemory>();
        return client;
    }
}
