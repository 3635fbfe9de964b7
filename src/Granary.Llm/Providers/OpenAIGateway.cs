using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using OpenAI;

namespace Granary.Llm.Providers;

/// <summary>
/// The engine's own calls of OpenAI-compatible providers, by the <c>OpenAI</c> package. Its transport is the provider itself, so that repeats, limits,
/// keys and the circuit are the same as for every other call; its own repeats and timeout are off.
/// </summary>
internal sealed class OpenAIGateway(TimeProvider time)
{
    // The package wants a key; the provider puts its own in its place.
    private const string NoKey = "none";

    private readonly ConcurrentDictionary<IChatProvider, OpenAIClient> _clients = new();

    /// <summary>Asks for a chat.</summary>
    /// <param name="provider">Who is asked.</param>
    /// <param name="call">What is asked; its body is OpenAI's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ProviderException">The provider could not be asked.</exception>
    public async Task<RawAnswer> ChatAsync(IChatProvider provider, ProviderCall call, CancellationToken cancellationToken)
    {
        var client = ClientOf(provider).GetChatClient(call.Model);
        using var body = BinaryContent.Create(BinaryData.FromBytes(call.Body));
        return Answer(await client.CompleteChatAsync(body, Options(call, cancellationToken)).ConfigureAwait(false));
    }

    /// <summary>Asks for embeddings.</summary>
    /// <param name="provider">Who is asked.</param>
    /// <param name="call">What is asked; its body is OpenAI's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ProviderException">The provider could not be asked.</exception>
    public async Task<RawAnswer> EmbedAsync(IChatProvider provider, ProviderCall call, CancellationToken cancellationToken)
    {
        var client = ClientOf(provider).GetEmbeddingClient(call.Model);
        using var body = BinaryContent.Create(BinaryData.FromBytes(call.Body));
        return Answer(await client.GenerateEmbeddingsAsync(body, Options(call, cancellationToken)).ConfigureAwait(false));
    }

    private OpenAIClient ClientOf(IChatProvider provider) => _clients.GetOrAdd(provider, static provider => new OpenAIClient(
        new ApiKeyCredential(NoKey),
        new OpenAIClientOptions
        {
            Endpoint = new Uri($"http://{ProviderHandler.Host}/v1"),
            Transport = new HttpClientPipelineTransport(new HttpClient(new ProviderHandler(provider)) { Timeout = Timeout.InfiniteTimeSpan }),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            EnableDistributedTracing = false,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false, EnableMessageLogging = false, EnableMessageContentLogging = false },
        }));

    private static RequestOptions Options(ProviderCall call, CancellationToken cancellationToken)
    {
        var options = new RequestOptions { BufferResponse = false, ErrorOptions = ClientErrorBehaviors.NoThrow, CancellationToken = cancellationToken };
        options.SetHeader(ProviderHandler.Model, Uri.EscapeDataString(call.Model));
        if (call.Patience is { } patience)
        {
            options.SetHeader(ProviderHandler.Patience, patience.Ticks.ToString(CultureInfo.InvariantCulture));
        }

        if (call.Stream)
        {
            options.SetHeader("Accept", "text/event-stream");
        }

        return options;
    }

    private RawAnswer Answer(ClientResult result)
    {
        var response = result.GetRawResponse();
        var wait = RetryAfter.Of(name => response.Headers.TryGetValue(name, out var value) ? value : null, time);
        return new RawAnswer(response.Status, response.ContentStream ?? Stream.Null, wait, response);
    }

    /// <summary>Takes the package's requests to the provider.</summary>
    private sealed class ProviderHandler(IChatProvider provider) : HttpMessageHandler
    {
        /// <summary>Stands in the addresses that the package makes; nothing is sent there.</summary>
        public const string Host = "provider.invalid";

        /// <summary>Tells the model, which the package has in the body alone.</summary>
        public const string Model = "x-granary-model";

        /// <summary>Tells the call's patience in ticks.</summary>
        public const string Patience = "x-granary-patience";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            var call = new ProviderCall
            {
                Operation = path.EndsWith("/embeddings", StringComparison.Ordinal) ? ProviderOperation.Embeddings : ProviderOperation.Chat,
                Model = Uri.UnescapeDataString(request.Headers.GetValues(Model).First()),
                Body = request.Content is null ? default : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false),
                Patience = request.Headers.TryGetValues(Patience, out var ticks) ? TimeSpan.FromTicks(long.Parse(ticks.First(), CultureInfo.InvariantCulture)) : null,
                Stream = request.Headers.Accept.Any(type => type.MediaType == "text/event-stream"),
            };
            var response = await provider.SendAsync(call, cancellationToken).ConfigureAwait(false);
            try
            {
                var answer = new HttpResponseMessage((HttpStatusCode)response.Status)
                {
                    RequestMessage = request,
                    Content = new OwnedContent(await response.ReadAsync(cancellationToken).ConfigureAwait(false), response),
                };
                foreach (var (name, values) in response.Headers)
                {
                    answer.Headers.TryAddWithoutValidation(name, values);
                }

                answer.Content.Headers.TryAddWithoutValidation("Content-Type", response.ContentType);
                return answer;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    /// <summary>A body that takes the provider's answer with it when it goes.</summary>
    private sealed class OwnedContent(Stream body, IDisposable owner) : StreamContent(body)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
            {
                owner.Dispose();
            }
        }
    }
}
