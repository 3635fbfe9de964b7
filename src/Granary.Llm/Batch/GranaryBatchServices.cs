using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Llm.Audit;
using Granary.Llm.Batch;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Batch.Providers;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers batches.</summary>
public static class GranaryBatchServices
{
    /// <summary>
    /// Adds <see cref="BatchStore"/>, the work on batches in the background, and their maintenance. The store, the models
    /// (<see cref="GranaryModelsServices.AddGranaryModels"/>) and the audit (<see cref="GranaryAuditServices.AddGranaryAudit"/>) must be registered
    /// beside it; a registered <see cref="FunctionRegistry"/> gives the tools.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The settings of the providers.</param>
    /// <param name="configure">Changes the settings of batches.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    /// <exception cref="Options.OptionsValidationException">Settings of providers are wrong.</exception>
    public static IServiceCollection AddGranaryBatches(this IServiceCollection services, IConfiguration configuration, Action<BatchOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var options = new BatchOptions();
        configure?.Invoke(options);
        options.Validate();
        var providers = ProviderSettings.Read(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(provider => new BatchProviders(providers, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new BatchTools(provider.GetRequiredService<TimeProvider>(), provider.GetService<FunctionRegistry>()));
        services.AddSingleton(provider => new BatchServices(
            provider.GetRequiredService<IPartitionStore>(),
            provider.GetRequiredService<BatchProviders>(),
            provider.GetRequiredService<IProviderRouter>(),
            provider.GetRequiredService<IChatModels>(),
            provider.GetRequiredService<IChatDialects>(),
            provider.GetRequiredService<BatchTools>(),
            provider.GetRequiredService<TokenUsageCalculator>(),
            provider.GetRequiredService<IAuditLog>(),
            options,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<BatchJobs>();
        services.AddSingleton<BatchRunner>();
        services.AddSingleton(provider => new BatchStore(provider.GetRequiredService<BatchServices>(), provider.GetRequiredService<BatchRunner>()));
        services.AddSingleton<IPartitionMaintenance, BatchMaintenance>();
        services.AddSingleton<IPartitionMaintenance, BatchRemainsMaintenance>();
        services.AddSingleton<IUserDataEraser>(provider =>
            new BatchEraser(provider.GetRequiredService<IPartitionStore>(), () => provider.GetRequiredService<BatchServices>()));
        services.AddHostedService(provider => provider.GetRequiredService<BatchRunner>());
        return services;
    }
}
