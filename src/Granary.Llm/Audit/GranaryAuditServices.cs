using Granary.Core.Maintenance;
using Granary.Core.Users.Erasure;
using Granary.Llm.Audit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the audit.</summary>
public static class GranaryAuditServices
{
    /// <summary>
    /// Adds <see cref="IAuditLog"/>, its background writer, <see cref="UsageReader"/> and the erasing of old days. An
    /// <c>IPartitionStore</c>, an <see cref="Granary.IMemoryCluster"/> and an <c>IModelCatalogue</c> must be registered beside it. Added before the
    /// HTTP server, the writer stops after it and misses no call.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static IServiceCollection AddGranaryAudit(this IServiceCollection services, Action<AuditOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new AuditOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<TokenUsageCalculator>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<IAuditLog>(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<AuditWriter>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<AuditContent>();
        services.AddSingleton<IPartitionMaintenance, AuditRetention>();
        services.AddSingleton<IUserDataEraser, AuditEraser>();
        services.AddHostedService<AuditService>();
        return services;
    }
}
