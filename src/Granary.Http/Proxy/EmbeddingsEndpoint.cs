using Granary.Http.Identity;
using Granary.Llm;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Granary.Http.Proxy;

/// <summary>Embeddings through the proxy: relayed as they are; nothing is remembered of them.</summary>
internal sealed class EmbeddingsEndpoint(KeyRing keys, Upstream upstream, IOptions<GranaryHttpOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using var answer = await AskAsync(context);
        await RawRelay.CopyAsync(context, answer.Answer);
    }

    private async Task<UpstreamAnswer> AskAsync(HttpContext context)
    {
        using var body = await PooledBody.ReadAsync(context, options.Value.Proxy.MaxBodyBytes);
        var json = ProxyJson.Parse(body.Bytes.Span);
        if (json["model"] is not { } named || named.GetValueKind() != System.Text.Json.JsonValueKind.String)
        {
            throw new InvalidRequestException("model", json["model"] is null ? "is required" : "must be a string");
        }

        var model = named.GetValue<string>();
        var routes = upstream.Route(model).Where(route => route.Provider.Dialect is ChatDialect.OpenAIChat or ChatDialect.Mistral or ChatDialect.Ollama).ToList();
        if (routes.Count == 0)
        {
            throw new InvalidRequestException("model", "is of a provider that does not take embeddings in this shape");
        }

        var original = body.Bytes.ToArray();
        var headers = ProxyHeaders.ToProvider(context.Request);
        return await upstream.SendAsync(ChatDialect.OpenAIChat, routes, ProxyHeaders.Credential(context.Request, keys), Call, context.RequestAborted);

        ProviderCall Call(ProviderRoute route, ChatDialect dialect)
        {
            var bytes = original;
            if (route.Model != model)
            {
                json["model"] = route.Model;
                bytes = ProxyJson.ToBytes(json);
            }

            return new ProviderCall { Operation = ProviderOperation.Embeddings, Model = route.Model, Body = bytes, Headers = headers };
        }
    }
}
