using System.Diagnostics.Metrics;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Storage.Postgres;

/// <summary>Registers the PostgreSQL store.</summary>
public static class PostgresStoreServiceCollectionExtensions
{
    /// <summary>
    /// Makes <see cref="PostgresPartitionStore"/> the <see cref="IPartitionStore"/> of the services, opened when it is first asked for and closed
    /// with them. Settings are checked when the host starts.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings, after what was configured before.</param>
    public static IServiceCollection AddGranaryPostgres(this IServiceCollection services, Action<PostgresStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptionsWithValidateOnStart<PostgresStoreOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresStoreOptions>, PostgresStoreOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new PostgresPartitionStore(
            provider.GetRequiredService<IOptions<PostgresStoreOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<PostgresPartitionStore>>(),
            provider.GetService<IMeterFactory>()));
        services.TryAddSingleton<IPartitionStore>(provider => provider.GetRequiredService<PostgresPartitionStore>());
        return services;
    }
}
