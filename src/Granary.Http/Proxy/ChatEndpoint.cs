using System.Text.Json.Nodes;
using Granary.Http.Identity;
using Granary.Http.Proxy.Shapes;
using Granary.Llm;
using Granary.Llm.Agents;
using Granary.Llm.Audit;
using Granary.Llm.Providers;
using Granary.Llm.Rendering;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Http.Proxy;

/// <summary>A chat through the proxy: the session's memory goes into it, the provider is asked, the turn is stored, the answer relayed.</summary>
internal sealed class ChatEndpoint(
    IMemoryCluster cluster,
    RequestIdentity identity,
    KeyRing keys,
    Upstream upstream,
    ProxyMemory memory,
    ProxyObservers observers,
    IOptions<GranaryHttpOptions> options,
    ILogger<StreamRelay> logger)
{
    private const string ModelHeader = "X-Model-Name";

    private static readonly string[] SamplingHeaders = [ModelHeader, "X-Temperature", "X-Max-Tokens"];

    public async Task InvokeAsync(HttpContext context, ChatDialect dialect)
    {
        var call = observers.Begin(context, AuditKind.Chat);
        try
        {
            await RelayAsync(context, dialect, call);
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

    private async Task RelayAsync(HttpContext context, ChatDialect dialect, ProxyCall call)
    {
        // In a method of its own, so that an open stream does not hold the request.
        var (answer, turn, stream, choices) = await AskAsync(context, dialect, call);
        using (answer)
        {
            call.Provider = answer.Provider;
            call.Streaming = stream && IsStream(answer);
            if (!answer.Answer.IsSuccess)
            {
                call.Refused(answer);
                await FailAsync(context, dialect, answer);
            }
            else if (turn is null && answer.Dialect == dialect)
            {
                await call.RelayAsync(context, answer);
            }
            else if (call.Streaming)
            {
                turn?.Slim();
                using var relay = new StreamRelay(context, answer, dialect, turn, call, choices, logger);
                await relay.RunAsync();
            }
            else
            {
                await WholeRelay.RelayAsync(context, answer, dialect, turn, call, options.Value.Proxy.MaxAnswerBytes);
            }
        }
    }

    private static bool IsStream(UpstreamAnswer answer) => answer.Answer.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true;

    private async Task<(UpstreamAnswer Answer, ProxyTurn? Turn, bool Stream, int Choices)> AskAsync(HttpContext context, ChatDialect dialect, ProxyCall call)
    {
        using var body = await PooledBody.ReadAsync(context, options.Value.Proxy.MaxBodyBytes);
        var shape = RequestShape.Of(dialect, ProxyJson.Parse(body.Bytes.Span));
        var settings = Settings(context.Request, shape);
        var model = settings?.Model is { Length: > 0 } named ? named : shape.Model ?? throw new InvalidRequestException("model", "is required");
        call.Model = model;
        var scope = ProxyScope.Find(context, shape, identity);
        var routes = upstream.Route(model);
        var stream = shape.Stream;

        // Before memory looks at the request: tokens and budget go by what is sent.
        if (settings is not null)
        {
            shape.SetModel(model);
        }

        if (settings?.Temperature is { } temperature)
        {
            shape.SetTemperature(temperature);
        }

        if (settings?.MaxTokens is { } maxTokens)
        {
            shape.SetMaxTokens(maxTokens);
        }

        var turn = scope is null ? null : await RememberAsync(context, shape, scope, routes[0].Info, call);
        var changed = turn is not null || settings is not null;
        var original = changed ? null : body.Bytes.ToArray();
        var credential = ProxyHeaders.Credential(context.Request, keys);
        var answer = await upstream.SendAsync(dialect, routes, credential, Make, context.RequestAborted);
        return (answer, turn, stream, shape.Choices);

        ProviderCall Make(ProviderRoute route, ChatDialect spoken) => new()
        {
            Operation = spoken == ChatDialect.OpenAIResponses ? ProviderOperation.Responses : ProviderOperation.Chat,
            Model = route.Model,
            Body = spoken == dialect
                ? original is not null && route.Model == shape.Model ? original : Own(shape, route, changed)
                : Rendered(shape, route, spoken),
            Stream = stream,
            Headers = ProxyHeaders.ToProvider(context.Request, route.Provider.HasKey ? null : credential),
        };
    }

    /// <summary>Adds the session's memory to a request.</summary>
    private async Task<ProxyTurn> RememberAsync(HttpContext context, RequestShape shape, ProxyScope scope, ModelInfo model, ProxyCall call)
    {
        if (shape.Unsupported is var (field, rule))
        {
            throw new InvalidRequestException(field, rule);
        }

        shape.TakeOutScope();
        var request = ChatRenderers.For(shape.Dialect).ParseRequest(shape.Body);
        var sent = Conversation.Of(request.Messages);
        if (sent.IsEmpty)
        {
            throw new InvalidRequestException(shape.Dialect == ChatDialect.OpenAIResponses ? "input" : "messages", "must hold a message besides instructions: no user message found");
        }

        if (scope.Session is { } named)
        {
            return await RememberAsync(context, shape, scope, model, call, request, sent, named);
        }

        var derived = DerivedSessions.Of(sent, scope.Agent)
            ?? throw new InvalidRequestException("messages", "must hold a user message where no session is named");
        try
        {
            return await RememberAsync(context, shape, scope, model, call, request, sent, derived);
        }
        catch (MemoryException error) when (error.Code is ErrorCodes.Erased or ErrorCodes.Completed)
        {
            // The caller did not choose the session, and cannot begin with other words to get another one.
            var next = await DerivedSessions.NextAsync(cluster, scope.User, derived, context.RequestAborted);
            return await RememberAsync(context, shape, scope, model, call, request, sent, next);
        }
    }

    private async Task<ProxyTurn> RememberAsync(
        HttpContext context, RequestShape shape, ProxyScope scope, ModelInfo model, ProxyCall call, ChatRequest request, Conversation sent, string session)
    {
        context.Response.Headers[ProxyHeaders.Session] = session;
        var key = new SessionKey(scope.User.Tenant, scope.User.User, session);
        (call.User, call.Session, call.Agent) = (key.User, key.Session, scope.Agent);
        var renderer = ChatRenderers.For(shape.Dialect);
        var budget = model.InputBudget(request.MaxTokens);

        // Both at once: neither needs the other.
        var recalling = memory.RecallAsync(key, scope.Agent, request, budget, context.RequestAborted).AsTask();
        var turn = await ProxyTurn.BeginAsync(
            cluster,
            key,
            scope,
            sent,
            RequestValues.IdempotencyKey(context.Request),
            budget - sent.Tokens - memory.MaxRecallTokens(budget),
            memory.Redactors,
            context.RequestAborted);
        call.Prompt = memory.Add(shape, request, renderer, turn, sent, await recalling, key, model, budget);
        await observers.Hooks.BeforeAsync(call.Prompt, context.RequestAborted);
        return turn;
    }

    /// <summary>The model and the sampling that headers ask for; null if they ask for none.</summary>
    private static CallingContext? Settings(HttpRequest request, RequestShape shape)
    {
        if (!Array.Exists(SamplingHeaders, request.Headers.ContainsKey))
        {
            return null;
        }

        var given = SamplingHeaders
            .Where(request.Headers.ContainsKey)
            .Select(name => new KeyValuePair<string, string>(name, RequestValues.Header(request, name) ?? ""));
        return CallingContext.FromHeaders(given, defaults: new CallingContext { Model = shape.Model ?? "", Temperature = null, MaxTokens = null });
    }

    /// <summary>The client's own body for a provider of the same dialect.</summary>
    private static byte[] Own(RequestShape shape, ProviderRoute route, bool changed)
    {
        shape.SetModel(route.Model);
        if (changed && route.Info.Capabilities.HasFlag(ModelCapabilities.FixedSampling))
        {
            shape.FixSampling();
        }

        return ProxyJson.ToBytes(shape.Body);
    }

    private static byte[] Rendered(RequestShape shape, ProviderRoute route, ChatDialect spoken)
    {
        var request = ChatRenderers.For(shape.Dialect).ParseRequest(shape.Body) with { Model = route.Model, Stream = shape.Stream };
        JsonObject body = ChatRenderers.For(spoken).RenderRequest(request);
        if (spoken is ChatDialect.OpenAIChat && route.Info.Capabilities.HasFlag(ModelCapabilities.FixedSampling))
        {
            RequestShape.Of(spoken, body).FixSampling();
        }

        return ProxyJson.ToBytes(body);
    }

    /// <summary>A provider's refusal: its status and headers, and its body in the client's dialect.</summary>
    private static async Task FailAsync(HttpContext context, ChatDialect dialect, UpstreamAnswer answer)
    {
        const int MaxErrorBytes = 1024 * 1024;
        if (answer.Dialect == dialect || (dialect == ChatDialect.OpenAIResponses && answer.Dialect == ChatDialect.OpenAIChat))
        {
            await RawRelay.CopyAsync(context, answer.Answer);
            return;
        }

        var (code, message) = ("provider_error", $"The provider answered {answer.Answer.Status}.");
        try
        {
            await using var stream = await answer.Answer.ReadAsync(context.RequestAborted);
            using var body = await PooledBody.ReadAsync(stream, MaxErrorBytes, context.RequestAborted);
            if (body is not null)
            {
                (code, message) = ProxyErrors.Read(body.Bytes.Span, answer.Answer.Status);
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            // The status says enough.
        }

        ProxyHeaders.ToClient(answer.Answer, context.Response);
        await ProxyErrors.WriteAsync(context, dialect, answer.Answer.Status, code, message);
    }
}
