using Granary;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets a .NET service use a cluster's memory as a client of Orleans.</summary>
public static class GranaryClusterServices
{
    /// <summary>
    /// Adds <see cref="IMemoryCluster"/>, answered by the silos of a cluster. The client connects when the host starts.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Says where the cluster is: clustering, cluster id and service id, TLS.</param>
    public static IServiceCollection AddGranaryCluster(this IServiceCollection services, Action<IClientBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddOrleansClient(client =>
        {
            configure(client);
            client.AddGranary();
        });
    }
}
