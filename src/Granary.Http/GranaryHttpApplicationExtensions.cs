using Granary.Http.Audit;
using Granary.Http.BatchJobs;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Endpoints.Providers;
using Granary.Http.Events;
using Granary.Http.Identity;
using Granary.Http.Import;
using Granary.Http.Limits;
using Granary.Http.Mem0;
using Granary.Http.Proxy;
using Granary.Llm.Audit;
using Granary.Llm.Batch;
using Granary.Llm.Providers;
using Granary.Providers;
using Granary.Providers.Chain;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Http;

/// <summary>Puts the HTTP API into an application.</summary>
public static class GranaryHttpApplicationExtensions
{
    /// <summary>
    /// Adds the routes of the API and what every request passes before them. From here on every route of the application must declare its
    /// scope (<see cref="RequiredScopeExtensions.RequireScope"/>): one that does not is refused. The memory proxy is among the routes where the
    /// application has providers of language models (an <see cref="IProviderRouter"/>).
    /// </summary>
    /// <param name="app">An application with an <see cref="IMemoryCluster"/> and <c>AddGranaryHttp</c> among its services.</param>
    public static WebApplication MapGranary(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.Services;
        app.Use(next => new GranaryMiddleware(
            next,
            services.GetRequiredService<KeyRing>(),
            services.GetRequiredService<WebPageGuard>(),
            services.GetRequiredService<RequestLimits>(),
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<ILogger<GranaryMiddleware>>()).InvokeAsync);

        var routes = new RouteTable(app);
        services.GetRequiredService<StoreEndpoint>().Map(routes);
        services.GetRequiredService<StoreBatchEndpoint>().Map(routes);
        services.GetRequiredService<ContextEndpoint>().Map(routes);
        services.GetRequiredService<ContextBatchEndpoint>().Map(routes);
        services.GetRequiredService<SummariesEndpoint>().Map(routes);
        services.GetRequiredService<SessionLifeEndpoints>().Map(routes);
        services.GetRequiredService<SessionChangeEndpoints>().Map(routes);
        services.GetRequiredService<SessionReadEndpoints>().Map(routes);
        services.GetRequiredService<SessionEventsEndpoint>().Map(routes);
        services.GetRequiredService<SessionImportEndpoint>().Map(routes);
        services.GetRequiredService<SessionExportEndpoint>().Map(routes);
        services.GetRequiredService<MemoryImportEndpoint>().Map(routes);
        services.GetRequiredService<MemoryExportEndpoint>().Map(routes);
        services.GetRequiredService<ResourceEndpoints>().Map(routes);
        services.GetRequiredService<OperationEndpoints>().Map(routes);
        MapMemories(routes, services);
        services.GetRequiredService<UserEndpoints>().Map(routes);
        services.GetRequiredService<RetrieveEndpoint>().Map(routes);
        services.GetRequiredService<ReflectEndpoint>().Map(routes);
        services.GetRequiredService<SynthesizeEndpoint>().Map(routes);
        services.GetRequiredService<Mem0Endpoints>().Map(routes);

        // What a host may leave out.
        if (services.GetService<ProviderRegistry>() is not null)
        {
            ActivatorUtilities.CreateInstance<ProviderEndpoints>(services, ActivatorUtilities.CreateInstance<ProviderReports>(services)).Map(routes);
        }

        if (services.GetService<IProviderRouter>() is not null)
        {
            services.GetRequiredService<ProxyRoutes>().Map(routes);
        }

        if (services.GetService<UsageReader>() is not null)
        {
            ActivatorUtilities.CreateInstance<UsageEndpoints>(services).Map(routes);
        }

        if (services.GetService<BatchStore>() is not null)
        {
            ActivatorUtilities.CreateInstance<BatchEndpoints>(services).Map(routes);
        }

        app.MapGranaryDocumentation();
        return app;
    }

    /// <summary>The routes of memories: over Granary's own memory, or over the memory provider that was chosen in its place.</summary>
    private static void MapMemories(RouteTable routes, IServiceProvider services)
    {
        if (services.GetService<IProviderAnswers>() is not null)
        {
            ActivatorUtilities.CreateInstance<ProvidedMemoryEndpoints>(services).Map(routes);
            return;
        }

        services.GetRequiredService<RememberEndpoints>().Map(routes);
        services.GetRequiredService<RecallEndpoint>().Map(routes);
        services.GetRequiredService<MemoryRecordEndpoints>().Map(routes);
        services.GetRequiredService<MemoryHealthEndpoint>().Map(routes);
    }
}
