using System.Text.Json.Nodes;
using Granary.Http.Serialization;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>The models that callers can name: those of the catalogue that a configured provider has, in OpenAI's shape or, for its clients, in Anthropic's.</summary>
internal sealed class ModelsEndpoint(IModelCatalogue catalogue, Upstream upstream)
{
    // Nobody knows when models were made; clients want a number.
    private static readonly long Created = DateTimeOffset.UnixEpoch.ToUnixTimeSeconds();

    public Task ListAsync(HttpContext context)
    {
        var known = catalogue.Models.Select(model => (Model: model, Provider: ProviderOf(model.Name))).Where(item => item.Provider is not null).ToList();
        if (!IsAnthropic(context.Request))
        {
            return WriteAsync(context, new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. known.Select(item => (JsonNode)OpenAI(item.Model.Name, item.Provider!))]),
            });
        }

        return WriteAsync(context, new JsonObject
        {
            ["data"] = new JsonArray([.. known.Select(item => (JsonNode)Anthropic(item.Model.Name))]),
            ["has_more"] = false,
            ["first_id"] = known.Count > 0 ? known[0].Model.Name : null,
            ["last_id"] = known.Count > 0 ? known[^1].Model.Name : null,
        });
    }

    public Task GetAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["model"] as string ?? "";
        var provider = ProviderOf(name) ?? throw new NotFoundException($"No provider has the model '{name}'.");
        return WriteAsync(context, IsAnthropic(context.Request) ? Anthropic(name) : OpenAI(name, provider));
    }

    private string? ProviderOf(string model)
    {
        try
        {
            return upstream.Route(model)[0].Provider.Name;
        }
        catch (ProviderException)
        {
            return null;
        }
    }

    private static JsonObject OpenAI(string name, string provider) =>
        new() { ["id"] = name, ["object"] = "model", ["created"] = Created, ["owned_by"] = provider };

    private static JsonObject Anthropic(string name) =>
        new() { ["type"] = "model", ["id"] = name, ["display_name"] = name, ["created_at"] = DateTimeOffset.UnixEpoch.ToString("yyyy-MM-ddTHH:mm:ssZ") };

    private static bool IsAnthropic(HttpRequest request) => request.Headers.ContainsKey("anthropic-version");

    private static Task WriteAsync(HttpContext context, JsonObject body) => JsonAnswer.WriteAsync(context, ProxyJson.ToBytes(body));
}
