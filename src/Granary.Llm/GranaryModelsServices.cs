using Granary;
using Granary.Core.Compaction;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Tokens;
using Granary.Llm.Models;
using Granary.Llm.Providers;
using Granary.Llm.Requests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the model layer.</summary>
public static class GranaryModelsServices
{
    /// <summary>
    /// Adds the providers of language models (<c>Granary:Providers</c>, <c>OPENAI_API_KEY</c> and its like), <see cref="IProviderRouter"/>,
    /// <see cref="IModelCatalogue"/>, <see cref="IChatModels"/> and <see cref="IProviderTokenCounter"/>. Where <c>Granary:Models</c> names a summarizer,
    /// a reflector or an embedder, these become the host's <see cref="ISummarizer"/>, its <see cref="IReflector"/>, <see cref="IReconciler"/> and
    /// <see cref="IProfiler"/>, and its <see cref="IEmbedder"/>, before or after the host is added.
    /// Adds <see cref="LlmRequestAssembler"/> (<c>Granary:Assembly</c>) and <see cref="UsageTracker"/>, the first of its hooks; each
    /// <see cref="IInvocationHook"/> among the services follows, and an <see cref="IRecallSource"/> there is asked by the memory proxy.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The settings.</param>
    /// <exception cref="Options.OptionsValidationException">Settings are wrong; its failures name each with the fix.</exception>
    public static IServiceCollection AddGranaryModels(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var providers = ProviderSettings.Read(configuration);
        var models = ModelsSettings.Read(configuration, providers);

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ITokenCounter, ScriptAwareTokenCounter>();
        services.AddSingleton(models);
        services.AddSingleton<IModelCatalogue>(_ => new ModelCatalogue(models.Catalogue, providers));
        services.AddSingleton<IProviderRouter>(services => new ProviderRouter(
            providers,
            setup => new HttpChatProvider(setup, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<HttpChatProvider>>()),
            services.GetRequiredService<IModelCatalogue>()));
        services.AddSingleton<IChatDialects, ChatDialects>();
        services.AddSingleton<OpenAIGateway>();
        services.AddSingleton<EmbeddingCalls>();
        services.AddSingleton<IChatModels, ChatModels>();
        services.AddSingleton<IProviderTokenCounter, ProviderTokenCounter>();
        AddRequests(services, AssemblySettings.Read(configuration));
        if (models.Summarizer is not null)
        {
            services.RemoveAll<ISummarizer>();
            services.AddSingleton<ISummarizer, ModelSummarizer>();
        }

        if (models.Reflector is not null)
        {
            services.RemoveAll<IReflector>();
            services.RemoveAll<IReconciler>();
            services.RemoveAll<IProfiler>();
            services.AddSingleton<IReflector, ModelReflector>();
            services.AddSingleton<IReconciler, ModelReconciler>();
            services.AddSingleton<IProfiler, ModelProfiler>();
        }

        if (models.Embedder is not null)
        {
            services.RemoveAll<IEmbedder>();
            services.AddSingleton<IEmbedder, ModelEmbedder>();
        }

        return services;
    }

    /// <summary>
    /// Has the memory proxy, and who else asks the host's <see cref="IRecallSource"/>, recall out of the host's <see cref="IMemoryCluster"/>: the user's memories
    /// and the messages of all the user's sessions. An <see cref="IRecallSource"/> registered before stays.
    /// </summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddGranaryRecall(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IRecallSource, MemoryRecallSource>();
        return services;
    }

    private static void AddRequests(IServiceCollection services, AssemblyOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<UsageTracker>();
        services.AddSingleton<Redactors>();
        services.AddSingleton(services => new InvocationHooks(
            services.GetRequiredService<UsageTracker>(), services.GetServices<IInvocationHook>(), services.GetRequiredService<ILogger<InvocationHooks>>()));
        services.AddSingleton(services => new PromptRecall(
            options, services.GetRequiredService<ITokenCounter>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<PromptRecall>>()));
        services.AddSingleton(services => new LlmRequestAssembler(
            services.GetRequiredService<ITokenCounter>(),
            services.GetRequiredService<InvocationHooks>(),
            options,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<LlmRequestAssembler>>()));
    }
}
