using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Http.Audit;
using Granary.Http.BatchJobs;
using Granary.Http.Identity;
using Granary.Http.Mem0;
using Granary.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Granary.Http.Documentation;

/// <summary>The API's description at <c>/openapi/v1.json</c> and a UI for it at <c>/docs</c>.</summary>
internal static class DocumentationExtensions
{
    private const string DocumentName = "v1";

    private const string DocumentPath = "/openapi/v1.json";

    public static IServiceCollection AddGranaryDocumentation(this IServiceCollection services)
    {

        // The description is made of the JSON options that the framework knows, so they must be those that the API really uses.
        services.Configure<JsonOptions>(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, GranaryJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(1, UsageJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(2, BatchWireJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(3, Mem0Json.Default);
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.RespectNullableAnnotations = true;
        });
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, RouteDescriptionProvider>());
        services.TryAddSingleton<OpenApiEndpoint>();
        services.AddOpenApi(DocumentName, options =>
        {
            options.AddDocumentTransformer<DocumentTransformer>();
            options.AddOperationTransformer<OperationTransformer>();
            options.AddSchemaTransformer<SchemaTransformer>();
        });
        return services;
    }

    public static void MapGranaryDocumentation(this WebApplication app)
    {
        app.MapGet(DocumentPath, app.Services.GetRequiredService<OpenApiEndpoint>().InvokeAsync).RequireScope(GranaryScope.Open);

        // The UI is middleware that serves files out of its package; it looks at requests only while no route is chosen.
        var ui = ((IApplicationBuilder)app).New();
        ui.Use((context, next) =>
        {
            context.SetEndpoint(null);

            // No other page may show this one in a frame and lead its reader's clicks.
            context.Response.Headers.XFrameOptions = "DENY";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        ui.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "docs";
            options.DocumentTitle = "Granary";
            options.SwaggerEndpoint(DocumentPath, "Granary");
            options.EnableDeepLinking();
            options.DefaultModelsExpandDepth(0);
        });
        app.MapGet("/docs/{**path}", ui.Build()).RequireScope(GranaryScope.Open);
    }
}
