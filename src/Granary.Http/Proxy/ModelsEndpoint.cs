using System.Text.Json.Nodes;
using Granary.Http.Serialization;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>The models that callers can name, in OpenAI's shape or, for its clients, in Anthropic's.</summary>
internal sealed class ModelsEndpoint(ListedModels listed, Upstream upstream)
{
    public async Task ListAsync(HttpContext context)
    {
        var models = (await listed.GetAsync(context.RequestAborted)).Values.ToList();
        if (!IsAnthropic(context.Request))
        {
            await WriteAsync(context, new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. models.Select(model => (JsonNode)OpenAI(model))]),
            });
            return;
        }

        await WriteAsync(context, new JsonObject
        {
            ["data"] = new JsonArray([.. models.Select(model => (JsonNode)Anthropic(model))]),
            ["has_more"] = false,
            ["first_id"] = models.Count > 0 ? models[0].Name : null,
            ["last_id"] = models.Count > 0 ? models[^1].Name : null,
        });
    }

    public async Task GetAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["model"] as string ?? "";
        string provider;
        try
        {
            provider = upstream.Route(name)[0].Provider.Name;
        }
        catch (ProviderException)
        {
            throw new NotFoundException($"No provider has the model '{name}'.");
        }

        var model = (await listed.GetAsync(context.RequestAborted)).GetValueOrDefault(name) ?? listed.Unlisted(name, provider);
        await WriteAsync(context, IsAnthropic(context.Request) ? Anthropic(model) : OpenAI(model));
    }

    private static JsonObject OpenAI(ListedModel model) =>
        new() { ["id"] = model.Name, ["object"] = "model", ["created"] = model.Created.ToUnixTimeSeconds(), ["owned_by"] = model.Provider };

    private static JsonObject Anthropic(ListedModel model) =>
        new() { ["type"] = "model", ["id"] = model.Name, ["display_name"] = model.Name, ["created_at"] = model.Created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") };

    private static bool IsAnthropic(HttpRequest request) => request.Headers.ContainsKey("anthropic-version");

    private static Task WriteAsync(HttpContext context, JsonObject body) => JsonAnswer.WriteAsync(context, ProxyJson.ToBytes(body));
}
