using System.Buffers;
using System.Text.Json;
using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>The memory resources of a tenant.</summary>
internal sealed class ResourceEndpoints(IMemoryCluster cluster)
{
    private const string Tag = "Resources";

    private static readonly IReadOnlyList<(string Name, string Description)> ETagHeader = [("ETag", "The resource's version.")];

    private static readonly RouteParameter IfMatch = new("If-Match", true, typeof(string), "ETags, one of which the resource must have; * if it must exist.");

    public void Map(RouteTable routes) => routes
        .Get("/resources", GranaryScope.Tenant, ListAsync, new RouteDescription(Tag, "List the memory resources")
        {
            Details = "Those of the configuration and those made by API, by name.",
            Answers = [new RouteAnswer(200, typeof(ResourcesResponse), "The resources.")],
            Problems = [403, 503],
        })
        .Get("/resources/export", GranaryScope.Tenant, ListAsync, new RouteDescription(Tag, "Export the memory resources")
        {
            Details = "In the form that an import takes. Those of the configuration are in it too; an import leaves them as they are.",
            Answers = [new RouteAnswer(200, typeof(ResourcesResponse), "The resources.")],
            Problems = [403, 503],
        })
        .Post("/resources/import", GranaryScope.Tenant, ImportAsync, new RouteDescription(Tag, "Import memory resources")
        {
            Details = "All or none.",
            Body = typeof(ResourceImportRequest),
            Answers = [new RouteAnswer(200, typeof(ResourceImportResult), "What was made, changed, left as it is.")],
            Problems = [403, 413, 503],
        })
        .Get("/resources/{name}", GranaryScope.Tenant, GetAsync, new RouteDescription(Tag, "Read a memory resource")
        {
            Parameters = [new RouteParameter("If-None-Match", true, typeof(string), "ETags that the caller has.")],
            Answers =
            [
                new RouteAnswer(200, typeof(MemoryResource), "The resource.") { Headers = ETagHeader },
                new RouteAnswer(304, null, "The caller has the current one."),
            ],
            Problems = [403, 404, 503],
        })
        .Put("/resources/{name}", GranaryScope.Tenant, PutAsync, new RouteDescription(Tag, "Make or change a memory resource")
        {
            Details = "name may be left out of the body; if it is there, it must be the one of the path. What is left out has its default. "
                + "Sessions that use the resource follow the change with their next append.",
            Body = typeof(MemoryResource),
            Parameters = [IfMatch, new RouteParameter("If-None-Match", true, typeof(string), "*: it must not exist yet.")],
            Answers =
            [
                new RouteAnswer(200, typeof(MemoryResource), "It was changed.") { Headers = ETagHeader },
                new RouteAnswer(201, typeof(MemoryResource), "It was made.") { Headers = ETagHeader },
            ],
            Problems = [403, 412, 413, 503],
        })
        .Delete("/resources/{name}", GranaryScope.Tenant, DeleteAsync, new RouteDescription(Tag, "Remove a memory resource")
        {
            Details = "No new session can use it; those that do go on with its last revision.",
            Parameters = [IfMatch],
            Answers = [new RouteAnswer(204, null, "It is removed.")],
            Problems = [403, 404, 412, 503],
        })
        .Post("/resources/{name}/resolve", GranaryScope.Tenant, ResolveAsync, new RouteDescription(Tag, "Make a session id of a key template")
        {
            Body = typeof(ResolveKeyRequest),
            Answers = [new RouteAnswer(200, typeof(ResolveKeyResponse), "The id.")],
            Problems = [403, 404, 413, 503],
        });

    private IResourceCatalog CatalogOf(HttpContext context) => cluster.Resources(RequestIdentity.Tenant(context));

    private static string NameOf(HttpContext context) => RequestValues.Route(context, "name");

    private async Task ListAsync(HttpContext context)
    {
        var stored = await CatalogOf(context).ListAsync(context.RequestAborted);
        var resources = stored.Select(resource => resource.Resource).ToList();
        await JsonAnswer.WriteAsync(context, new ResourcesResponse(resources, resources.Count), GranaryJson.Default.ResourcesResponse);
    }

    private async Task ImportAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ResourceImportRequest);
        var resources = request.Resources ?? throw new InvalidRequestException("resources", "is required");
        for (var index = 0; index < resources.Count; index++)
        {
            RequireUsable(resources[index]?.Name, $"resources[{index}].name");
        }

        var overwrite = request.Mode == ResourceImportMode.OverwriteConflicts;
        var result = await CatalogOf(context).ImportAsync(resources, overwrite, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, result, GranaryJson.Default.ResourceImportResult);
    }

    private async Task GetAsync(HttpContext context)
    {
        var stored = await CatalogOf(context).GetAsync(NameOf(context), context.RequestAborted);
        if (Conditions.IsNotModified(context.Request, stored.ETag))
        {
            context.Response.Headers.ETag = stored.ETag;
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await WriteAsync(context, stored, StatusCodes.Status200OK);
    }

    private async Task PutAsync(HttpContext context)
    {
        var name = NameOf(context);
        RequireUsable(name, "name");
        var resource = await JsonBody.ReadAsync(context, name, static (json, name) => Parse(json, name));
        if (resource.Name != name)
        {
            throw new InvalidRequestException("name", "differs from the one in the path");
        }

        var catalog = CatalogOf(context);
        var ifMatch = Conditions.IfMatch(context.Request);
        var ifNoneMatch = Conditions.RequiresNone(context.Request);
        var exists = await ExistsAsync(catalog, name, context.RequestAborted);
        var stored = await catalog.PutAsync(resource, ifMatch, ifNoneMatch, context.RequestAborted);
        await WriteAsync(context, stored, exists ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var name = NameOf(context);
        await CatalogOf(context).DeleteAsync(name, Conditions.IfMatch(context.Request), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ResolveAsync(HttpContext context)
    {
        var name = NameOf(context);
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ResolveKeyRequest);
        var values = request.KeyValues ?? throw new InvalidRequestException("key_values", "is required");
        KeyValues.Require(values);
        var id = await CatalogOf(context).ResolveSessionIdAsync(name, values, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, new ResolveKeyResponse(id), GranaryJson.Default.ResolveKeyResponse);
    }

    /// <summary>Parses a resource whose name may be left out, because the path has it.</summary>
    private static MemoryResource Parse(ReadOnlySpan<byte> json, string name)
    {
        using var document = JsonParser.ParseDocument(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || root.TryGetProperty("name", out _))
        {
            return JsonParser.Parse(json, GranaryJson.Default.MemoryResource);
        }

        var named = new ArrayBufferWriter<byte>(json.Length + Ids.MaxLength + 16);
        using (var writer = new Utf8JsonWriter(named))
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, name);
            foreach (var property in root.EnumerateObject())
            {
                property.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonParser.Parse(named.WrittenSpan, GranaryJson.Default.MemoryResource);
    }

    /// <summary>A resource of the name of a fixed route could be made, but never read.</summary>
    private static void RequireUsable(string? name, string field)
    {
        if (name is "export" or "import")
        {
            throw new InvalidRequestException(field, "must not be export or import");
        }
    }

    private static async Task<bool> ExistsAsync(IResourceCatalog catalog, string name, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.GetAsync(name, cancellationToken);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    private static Task WriteAsync(HttpContext context, StoredResource stored, int status)
    {
        context.Response.Headers.ETag = stored.ETag;
        return JsonAnswer.WriteAsync(context, stored.Resource, GranaryJson.Default.MemoryResource, status);
    }
}
