using Granary.Http.Identity;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Granary.Http.Documentation;

/// <summary>What holds for the whole API: its title, and how a caller proves who it is.</summary>
internal sealed class DocumentTransformer(KeyRing keys) : IOpenApiDocumentTransformer
{
    /// <summary>The name of the scheme <c>Authorization: Bearer KEY</c>.</summary>
    public const string Bearer = "bearer";

    /// <summary>The name of the scheme <c>X-API-Key: KEY</c>.</summary>
    public const string Header = "api_key";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Granary",
            Version = "1",
            Description = "Memory for AI agents: keeps every conversation, folds it to fit a model's context, and gives it back. "
                + "Every error is a problem document (RFC 9457) with a stable code and a trace_id. "
                + (keys.IsRequired
                    ? "This server asks for a key: a user's key acts for that user, a service key names the user of its tenant."
                    : "This server asks for no key: tenant and user are what the request says."),
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Tags?.Clear();
        if (keys.IsRequired)
        {
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key of Granary." },
                [Header] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-API-Key", Description = "The same." },
            };
        }

        return Task.CompletedTask;
    }
}
