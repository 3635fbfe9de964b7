using Granary.Http.Identity;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Granary.Http.Proxy;

/// <summary>Embeddings through the proxy: relayed as they are; nothing is remembered of them.</summary>
internal sealed class EmbeddingsEndpoint(KeyRing keys, Upstream upstream, RequestIdentity identity, ProxyObservers observers, IOptions<GranaryHttpOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var call = observers.Begin(context, AuditKind.Embeddings);
        try
        {
            using var answer = await AskAsync(context, call);
            call.Provider = answer.Provider;
            await call.RelayAsync(context, answer);
        }
        catch (Exception error)
        {
            call.Failed(error);
            throw;
        }
        finally
        {
            await call.EndAsync(context);
        }
    }

    private async Task<UpstreamAnswer> AskAsync(HttpContext context, ProxyCall call)
    {
        using var body = await PooledBody.ReadAsync(context, options.Value.Proxy.MaxBodyBytes);
        var json = ProxyJson.Parse(body.Bytes.Span);
        if (json["model"] is not { } named || named.GetValueKind() != System.Text.Json.JsonValueKind.String)
        {
            throw new InvalidRequestException("model", json["model"] is null ? "is required" : "must be a string");
        }

        var model = named.GetValue<string>();
        call.Model = model;
        call.User = identity.FindUser(context, context.Request.RouteValues.ContainsKey("user") ? RequestValues.Route(context, "user") : null, "user")?.User;
        var routes = upstream.Route(model).Where(route => route.Provider.Dialect is ChatDialect.OpenAIChat or ChatDialect.Mistral or ChatDialect.Ollama).ToList();
        if (routes.Count == 0)
        {
            throw new InvalidRequestException("model", "is of a provider that does not take embeddings in this shape");
        }

        var original = body.Bytes.ToArray();
        var credential = ProxyHeaders.Credential(context.Request, keys);
        return await upstream.SendAsync(ChatDialect.OpenAIChat, routes, credential, Call, context.RequestAborted);

        ProviderCall Call(ProviderRoute route, ChatDialect dialect)
        {
            var bytes = original;
            if (route.Model != model)
            {
                json["model"] = route.Model;
                bytes = ProxyJson.ToBytes(json);
            }

            return new ProviderCall { Operation = ProviderOperation.Embeddings, Model = route.Model, Body = bytes, Headers = ProxyHeaders.ToProvider(context.Request, route.Provider.HasKey ? null : credential) };
        }
    }
}
