using Granary.Core.Compaction;
using Granary.Core.Maintenance;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Core.Users.Erasure;
using Granary.Embedded;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the embedded host.</summary>
public static class GranaryEmbeddedServices
{
    /// <summary>
    /// Adds <see cref="Granary.IMemoryCluster"/> in this process. An <see cref="IPartitionStore"/> must be registered beside it; an own
    /// <see cref="ISummarizer"/>, <see cref="IReflector"/>, <see cref="IReconciler"/>, <see cref="IProfiler"/>, <see cref="ITokenCounter"/> or <see cref="TimeProvider"/> registered before it is used instead of the default.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static IServiceCollection AddGranaryEmbedded(this IServiceCollection services, Action<EmbeddedOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new EmbeddedOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ITokenCounter, ScriptAwareTokenCounter>();
        services.TryAddSingleton<ISummarizer, ExtractiveSummarizer>();
        services.AddGranaryReflection(options.Reflection);
        services.AddSingleton(options);
        services.AddSingleton(provider => new ResourceCatalog(
            provider.GetRequiredService<IPartitionStore>(), options.Resources, options.DefaultResource, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SessionProgress>();
        services.AddSingleton(provider => new EmbeddedCluster(
            options,
            provider.GetRequiredService<IPartitionStore>(),
            provider.GetRequiredService<ResourceCatalog>(),
            users => new SessionServices(
                provider.GetRequiredService<IPartitionStore>(),
                provider.GetRequiredService<ResourceCatalog>(),
                provider.GetRequiredService<ITokenCounter>(),
                provider.GetRequiredService<ISummarizer>(),
                new ExtractiveSummarizer(provider.GetRequiredService<ITokenCounter>()),
                users,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<SessionActor>>(),
                provider.GetRequiredService<SessionProgress>(),
                provider.GetRequiredService<ReflectionServices>()),
            new UserServices(
                provider.GetRequiredService<IPartitionStore>(),
                provider.GetRequiredService<ITokenCounter>(),
                provider.GetRequiredService<SessionProgress>(),
                provider.GetService<IEmbedder>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<UserActor>>())
            {
                Lifecycle = options.Memories,
                Vectors = options.Vectors,
                Synthesis = provider.GetRequiredService<SynthesisServices>(),
                Erasers = [.. provider.GetServices<IUserDataEraser>()],
            },
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IPartitionMaintenance>(provider => new ReceiptMaintenance(
            provider.GetRequiredService<IPartitionStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Granary.IMemoryCluster>(provider => provider.GetRequiredService<EmbeddedCluster>());
        services.AddHostedService<EmbeddedHostedService>();
        return services;
    }
}
