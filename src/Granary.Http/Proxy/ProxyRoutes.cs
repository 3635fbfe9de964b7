using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Llm;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>The routes of the memory proxy: an application that speaks to a provider speaks to them by changing one address.</summary>
internal sealed class ProxyRoutes(ChatEndpoint chats, ModelsEndpoint models, EmbeddingsEndpoint embeddings)
{
    private const string Tag = "Memory proxy";

    private const string Memory =
        "With a user (by key, X-User-ID, the path /p/{user} or /p/{user}/{session}, or the body) the session's memory goes into the request and the "
        + "turn is stored, durable before the last byte of the answer; without one the call is relayed as it is. Errors have the shape of the "
        + "route's own API.";

    private static readonly string[] Bases = ["", "/p/{user}", "/p/{user}/{session}"];

    private static readonly IReadOnlyList<RouteParameter> Parameters =
    [
        RouteParameter.User,
        new RouteParameter(ProxyHeaders.Session, true, typeof(string), "The session; without one it is derived from the conversation's first user message."),
        new RouteParameter("X-Agent-ID", true, typeof(string), "The agent of a session that the call creates."),
        new RouteParameter("X-Model-Name", true, typeof(string), "The model, in place of the body's."),
        new RouteParameter("X-Temperature", true, typeof(double), "The temperature, 0 to 2, in place of the body's."),
        new RouteParameter("X-Max-Tokens", true, typeof(int), "Tokens that the answer may have, in place of the body's."),
        new RouteParameter(ProxyHeaders.ProviderKey, true, typeof(string), "The caller's key for a provider that has none configured."),
        RouteParameter.IdempotencyKey,
    ];

    private static readonly IReadOnlyList<(string, string)> Headers =
    [
        (ProxyHeaders.Session, "The session."),
        (ProxyHeaders.Stored, "The first and the last sequence that were stored, where the answer is no stream."),
    ];

    public void Map(RouteTable routes)
    {
        foreach (var at in Bases)
        {
            Chat(routes, at, "/v1/chat/completions", ChatDialect.OpenAIChat, "Chat as OpenAI's /v1/chat/completions");
            Chat(routes, at, "/v1/responses", ChatDialect.OpenAIResponses, "Chat as OpenAI's /v1/responses");
            Chat(routes, at, "/v1/messages", ChatDialect.Anthropic, "Chat as Anthropic's /v1/messages");
            routes.Post(
                at + "/v1/embeddings",
                GranaryScope.User,
                embeddings.InvokeAsync,
                Describe("Embeddings as OpenAI's /v1/embeddings", "Relayed as it is to the provider of the model."),
                new ProxyRoute(ChatDialect.OpenAIChat));
            routes.Get(
                at + "/v1/models",
                GranaryScope.User,
                models.ListAsync,
                new RouteDescription(Tag, "List the models") { Answers = [new RouteAnswer(200, null, "The models that can be named.")] },
                new ProxyRoute(ChatDialect.OpenAIChat));
            routes.Get(
                at + "/v1/models/{**model}",
                GranaryScope.User,
                models.GetAsync,
                new RouteDescription(Tag, "Describe a model") { Answers = [new RouteAnswer(200, null, "The model.")], Problems = [404] },
                new ProxyRoute(ChatDialect.OpenAIChat));
        }
    }

    private void Chat(RouteTable routes, string at, string path, ChatDialect dialect, string summary) => routes.Post(
        at + path,
        GranaryScope.User,
        context => chats.InvokeAsync(context, dialect),
        Describe(summary, Memory),
        new ProxyRoute(dialect));

    private static RouteDescription Describe(string summary, string details) => new(Tag, summary)
    {
        Details = details,
        Parameters = Parameters,
        Answers = [new RouteAnswer(200, null, "The answer, in the route's own shape; a stream where the request asks for one.") { Headers = Headers }],
        Problems = [403, 404, 409, 410, 413, 503],
    };
}
