using Granary;
using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Providers;
using Granary.Providers.Chain;
using Granary.Providers.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers memory providers.</summary>
public static class GranaryMemoryProvidersServices
{
    /// <summary>
    /// Adds the <see cref="IMemoryProvider"/> that the settings choose. The <see cref="IPartitionStore"/> and the <see cref="IMemoryCluster"/> must be
    /// registered beside it; a registered embedder gives the vectors of PostgreSQL.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <exception cref="Options.OptionsValidationException">Settings are wrong; its failures name each with the fix.</exception>
    public static IServiceCollection AddGranaryMemoryProviders(this IServiceCollection services, Action<MemoryProvidersOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new MemoryProvidersOptions();
        configure?.Invoke(options);
        var selection = MemorySelection.Of(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(selection);
        services.AddSingleton(provider => new MemoryConnections(selection.Connections, provider));
        services.AddSingleton<HealthMonitor>();
        services.AddSingleton<ProviderAudit>();
        services.AddSingleton<PendingDeletes>();
        services.AddSingleton<ProviderChecks>();
        services.AddSingleton<ErasureGate>();
        services.AddSingleton(provider => new ProviderRegistry(
            selection.Entries,
            selection.IsChain ? null : selection.Provider,
            provider.GetRequiredService<MemoryConnections>(),
            provider.GetRequiredService<IPartitionStore>(),
            provider.GetRequiredService<HealthMonitor>(),
            () => new CircuitBreaker(options.Chain.BreakerFailures, TimeSpan.FromSeconds(options.Chain.BreakerSeconds), provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<ILogger<ProviderRegistry>>()));
        services.AddSingleton(provider => new FailoverManager(
            provider.GetRequiredService<ProviderRegistry>(),
            provider.GetRequiredService<HealthMonitor>(),
            options.Chain.RulesOfAll(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FailoverManager>>()));
        if (selection.IsChain)
        {
            services.AddSingleton<ChainMemoryProvider>();
            services.AddSingleton<IMemoryProvider>(provider => provider.GetRequiredService<ChainMemoryProvider>());
            services.AddSingleton<IProviderAnswers>(provider => provider.GetRequiredService<ChainMemoryProvider>());
            services.AddSingleton<IPartitionMaintenance, PendingDeleteMaintenance>();
            services.AddHostedService<ProviderWatch>();
        }
        else
        {
            var connection = selection.Entries[0].ConnectionName;
            services.AddSingleton(provider => provider.GetRequiredService<MemoryConnections>().ProviderOf(connection));
            if (!selection.IsNative)
            {
                services.AddSingleton<IProviderAnswers>(
                    provider => new SingleProvider(provider.GetRequiredService<IMemoryProvider>(), provider.GetRequiredService<TimeProvider>()));
            }
        }

        if (!selection.IsNative)
        {
            services.AddSingleton<IUserDataEraser, ProviderEraser>();
        }

        return services;
    }
}
