using Granary.Core.Tokens;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Events;
using Granary.Http.Identity;
using Granary.Http.Import;
using Granary.Http.Limits;
using Granary.Http.Mem0;
using Granary.Http.Proxy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Granary.Http;

/// <summary>Adds the HTTP API to a host's services.</summary>
public static class GranaryHttpServiceCollectionExtensions
{
    /// <summary>
    /// Adds what <see cref="GranaryHttpApplicationExtensions.MapGranary"/> needs, besides the <see cref="IMemoryCluster"/> that the host adds.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings; a wrong one stops the start with <see cref="OptionsValidationException"/>.</param>
    public static IServiceCollection AddGranaryHttp(this IServiceCollection services, Action<GranaryHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<GranaryHttpOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GranaryHttpOptions>, GranaryHttpOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ITokenCounter, ScriptAwareTokenCounter>();
        services.TryAddSingleton<RequestLimits>();
        services.TryAddSingleton<RequestIdentity>();
        services.TryAddSingleton(provider => new KeyRing(Options(provider).Keys));
        services.TryAddSingleton(provider => new WebPageGuard(Options(provider).AllowedHosts, Options(provider).BeyondLoopback));
        services.TryAddSingleton<Batches>();
        services.TryAddSingleton<ContextAnswers>();
        services.TryAddSingleton<StoreEndpoint>();
        services.TryAddSingleton<StoreBatchEndpoint>();
        services.TryAddSingleton<ContextEndpoint>();
        services.TryAddSingleton<ContextBatchEndpoint>();
        services.TryAddSingleton<SummariesEndpoint>();
        services.TryAddSingleton<SessionLifeEndpoints>();
        services.TryAddSingleton<SessionReadEndpoints>();
        services.TryAddSingleton<SessionChangeEndpoints>();
        services.TryAddSingleton<SessionEventsEndpoint>();
        services.TryAddSingleton<SessionImportEndpoint>();
        services.TryAddSingleton<SessionExportEndpoint>();
        services.TryAddSingleton<MemoryImportEndpoint>();
        services.TryAddSingleton<MemoryExportEndpoint>();
        services.TryAddSingleton<ResourceEndpoints>();
        services.TryAddSingleton<HealthProbe>();
        services.TryAddSingleton<OperationEndpoints>();
        services.TryAddSingleton<RememberEndpoints>();
        services.TryAddSingleton<RecallEndpoint>();
        services.TryAddSingleton<MemoryRecordEndpoints>();
        services.TryAddSingleton<UserEndpoints>();
        services.TryAddSingleton<MemoryHealthEndpoint>();
        services.TryAddSingleton<LongTermReader>();
        services.TryAddSingleton<AutoEnrichment>();
        services.TryAddSingleton<ContextReader>();
        services.TryAddSingleton<ModelCalls>();
        services.TryAddSingleton<Retrieval>();
        services.TryAddSingleton<RetrievalAnswer>();
        services.TryAddSingleton<RetrieveEndpoint>();
        services.TryAddSingleton<ReflectEndpoint>();
        services.TryAddSingleton<SynthesizeEndpoint>();
        services.TryAddSingleton<Mem0Endpoints>();
        services.TryAddSingleton<Upstream>();
        services.TryAddSingleton<ProxyObservers>();
        services.TryAddSingleton<ProxyMemory>();
        services.TryAddSingleton<ChatEndpoint>();
        services.TryAddSingleton<ListedModels>();
        services.TryAddSingleton<ModelsEndpoint>();
        services.TryAddSingleton<EmbeddingsEndpoint>();
        services.TryAddSingleton<ProxyRoutes>();
        return services.AddGranaryDocumentation();
    }

    private static GranaryHttpOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<GranaryHttpOptions>>().Value;
}
