using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Tokens;
using Granary.Llm.Requests;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Providers;

/// <summary>Asks providers that count tokens; the estimate where they do not answer. It teaches nobody: the call that follows reports the same tokens.</summary>
internal sealed partial class ProviderTokenCounter(
    IProviderRouter router, IChatDialects dialects, ITokenCounter tokens, TimeProvider time, ILogger<ProviderTokenCounter> logger) : IProviderTokenCounter
{
    /// <summary>How long a count is worth waiting for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What Anthropic's counting takes of a request (https://docs.claude.com/en/api/messages-count-tokens).</summary>
    private static readonly string[] Counted = ["model", "messages", "system", "tools", "tool_choice", "thinking"];

    public async ValueTask<PromptTokens> CountAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var estimate = RequestTokens.Count(tokens, request);
        try
        {
            var route = router.Route(request.Model)[0];
            if (route.Provider is { HasKey: true, Dialect: ChatDialect.Anthropic or ChatDialect.Gemini }
                && await AskAsync(route, request, cancellationToken).ConfigureAwait(false) is { } exact)
            {
                return new PromptTokens(exact, true);
            }
        }
        catch (ProviderException error)
        {
            LogUncounted(logger, error.Provider, error.Message);
        }

        return new PromptTokens(estimate, false);
    }

    private async Task<int?> AskAsync(ProviderRoute route, ChatRequest request, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var call = new ProviderCall { Operation = ProviderOperation.CountTokens, Model = route.Model, Body = Body(route, request) };
        try
        {
            using var answer = await ProviderAnswers.RequireSuccessAsync(
                route.Provider,
                await ProviderAnswers.SendAsync(route.Provider, call, time, either.Token).ConfigureAwait(false),
                either.Token).ConfigureAwait(false);
            using var json = await JsonDocument.ParseAsync(answer.Body, default, either.Token).ConfigureAwait(false);
            var name = route.Provider.Dialect == ChatDialect.Gemini ? "totalTokens" : "input_tokens";
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var count) && count.TryGetInt32(out var value) && value > 0
                ? value
                : throw new ProviderException(route.Provider.Name, "It answered no count.", 502);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            LogUncounted(logger, route.Provider.Name, "No count in time.");
            return null;
        }
        catch (Exception error) when (error is JsonException or IOException or HttpRequestException)
        {
            LogUncounted(logger, route.Provider.Name, error.Message);
            return null;
        }
    }

    private byte[] Body(ProviderRoute route, ChatRequest request)
    {
        var body = dialects.Renderer(route.Provider.Dialect).RenderRequest(request with { Model = route.Model, Stream = false });
        if (route.Provider.Dialect == ChatDialect.Gemini)
        {
            body["model"] = ProviderAddress.GeminiModel(route.Model);
            body = new JsonObject { ["generateContentRequest"] = body };
        }
        else
        {
            foreach (var name in body.Select(property => property.Key).Except(Counted).ToList())
            {
                body.Remove(name);
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes(body, ProviderJson.Plain);
    }
}
