using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Dialects;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Providers;

/// <summary>Renders a request for each provider in turn until one answers.</summary>
internal sealed partial class ChatModels(IProviderRouter router, IChatDialects dialects, OpenAIGateway openAI, TimeProvider time, ILogger<ChatModels> logger)
    : IChatModels, ITimedChatModels
{
    /// <summary>The largest whole answer in bytes: more is no chat.</summary>
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    public Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return FirstAsync(request.Model, deadline: null, (route, patience) => CompleteAsync(route, request, patience, cancellationToken));
    }

    public Task<ChatResponse> CompleteAsync(ChatRequest request, CallDeadline deadline, CancellationToken cancellationToken) =>
        FirstAsync(request.Model, deadline, (route, patience) => CompleteAsync(route, request, patience, cancellationToken));

    public async IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var stream = await FirstAsync(request.Model, deadline: null, (route, _) => OpenAsync(route, request, cancellationToken)).ConfigureAwait(false);
        do
        {
            foreach (var next in stream.Events)
            {
                yield return next;
            }
        }
        while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Tries the routes of a model in their order.</summary>
    private async Task<T> FirstAsync<T>(string model, CallDeadline? deadline, Func<ProviderRoute, TimeSpan?, Task<T>> ask)
    {
        var routes = router.Route(model);
        for (var index = 0; ; index++)
        {
            try
            {
                return await ask(routes[index], deadline?.Share(routes.Count - index)).ConfigureAwait(false);
            }
            catch (ProviderException error) when (index < routes.Count - 1 && ProviderErrors.MayFallBack(error))
            {
                GranaryLlmInstruments.FellBack(error.Provider);
                LogFallback(logger, error.Provider, model, error.Status, routes[index + 1].Provider.Name);
            }
        }
    }

    private async Task<ChatResponse> CompleteAsync(ProviderRoute route, ChatRequest request, TimeSpan? patience, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(route, request with { Model = route.Model, Stream = false }, patience, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await ReadAllAsync(answer.Body, cancellationToken).ConfigureAwait(false);
            var response = JsonNode.Parse(body) is JsonObject json
                ? dialects.Renderer(route.Provider.Dialect).ParseResponse(json)
                : throw new FormatException("It is no JSON object.");
            return ToolNameMap.Of(request.Tools, route.Provider.Dialect)?.Restore(response) ?? response;
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new ProviderException(route.Provider.Name, $"The provider '{route.Provider.Name}' answered what is no answer: {error.Message}", 502, innerException: error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw ProviderErrors.BrokenOff(route.Provider.Name, error);
        }
    }

    /// <summary>Opens a stream and reads as far as its first event, so that what fails before it can go to the next provider.</summary>
    private async Task<AnswerStream> OpenAsync(ProviderRoute route, ChatRequest request, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(route, request with { Model = route.Model, Stream = true }, patience: null, cancellationToken).ConfigureAwait(false);
        var stream = new AnswerStream(answer, dialects.Adapter(route.Provider.Dialect), ToolNameMap.Of(request.Tools, route.Provider.Dialect));
        try
        {
            return await stream.ReadAsync(cancellationToken).ConfigureAwait(false) && stream.Events[0] is { Kind: not StreamEventKind.Error }
                ? stream
                : throw new ProviderException(
                    route.Provider.Name,
                    stream.Events is [{ Text: { Length: > 0 } text }, ..] ? $"The provider '{route.Provider.Name}' answered: {text}" : $"The provider '{route.Provider.Name}' answered nothing.",
                    502);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private async Task<RawAnswer> SendAsync(ProviderRoute route, ChatRequest request, TimeSpan? patience, CancellationToken cancellationToken)
    {
        var provider = route.Provider;
        var body = dialects.Renderer(provider.Dialect).RenderRequest(request);
        if (provider.Dialect == ChatDialect.OpenAIChat)
        {
            OpenAIEffort.Settle(body, request.ReasoningEffort, provider.PassesReasoningEffort);
        }

        var call = new ProviderCall
        {
            Operation = ProviderOperation.Chat,
            Model = route.Model,
            Body = JsonSerializer.SerializeToUtf8Bytes(body, ProviderJson.Plain),
            Stream = request.Stream,
            Patience = patience,
        };
        var answer = provider.Dialect == ChatDialect.OpenAIChat
            ? await openAI.ChatAsync(provider, call, cancellationToken).ConfigureAwait(false)
            : await ProviderAnswers.SendAsync(provider, call, time, cancellationToken).ConfigureAwait(false);
        return await ProviderAnswers.RequireSuccessAsync(provider, answer, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<byte[]> ReadAllAsync(Stream body, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            if (whole.Length + read > MaxAnswerBytes)
            {
                throw new FormatException($"It is larger than {MaxAnswerBytes} bytes.");
            }

            whole.Write(buffer, 0, read);
        }

        return whole.ToArray();
    }
}
