namespace Granary.Llm.Providers;

/// <summary>A provider of language models: carries payloads of its dialect there and answers back. Repeats, limits and breaks the circuit itself.</summary>
public interface IChatProvider
{
    /// <summary>Its name in settings, metrics and <c>provider/model</c>: <c>openai</c>, <c>anthropic</c>, <c>gemini</c>, …</summary>
    string Name { get; }

    /// <summary>The dialect that it speaks.</summary>
    ChatDialect Dialect { get; }

    /// <summary>Whether it has a key of its own; without one the caller's is passed on.</summary>
    bool HasKey { get; }

    /// <summary>
    /// Whether a chat's <c>reasoning_effort</c> is passed on in OpenAI's dialect: true as it was asked for, false never, null to models that are known to
    /// take it, in words that they take.
    /// </summary>
    bool? PassesReasoningEffort => null;

    /// <summary>Sends a call and answers as soon as the status and headers are there. What is repeated is repeated before that.</summary>
    /// <exception cref="ProviderException">The provider could not be reached, or its circuit is open, or the time is over.</exception>
    Task<ProviderResponse> SendAsync(ProviderCall call, CancellationToken cancellationToken = default);
}

/// <summary>A call on its way to a provider.</summary>
public sealed record ProviderCall
{
    /// <summary>What is asked of it.</summary>
    public required ProviderOperation Operation { get; init; }

    /// <summary>The model, as the provider knows it.</summary>
    public required string Model { get; init; }

    /// <summary>The body, JSON in the provider's dialect; empty for a GET.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Whether the answer comes in pieces.</summary>
    public bool Stream { get; init; }

    /// <summary>The longest that a try may take, where that is less than the provider's settings say; null: as they say.</summary>
    internal TimeSpan? Patience { get; init; }

    /// <summary>The caller's own credential, passed on where the provider has no key: the value of <c>Authorization</c>, <c>x-api-key</c> or <c>x-goog-api-key</c>.</summary>
    public string? Credential { get; init; }

    /// <summary>Further headers to pass on, such as <c>anthropic-beta</c> or <c>OpenAI-Organization</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}

/// <summary>What a provider can be asked.</summary>
public enum ProviderOperation
{
    /// <summary>A chat, in the provider's dialect.</summary>
    Chat,

    /// <summary>A chat in the dialect of OpenAI's responses; only OpenAI and some compatible servers have it.</summary>
    Responses,

    /// <summary>Embeddings.</summary>
    Embeddings,

    /// <summary>The tokens of a chat, counted by the provider; Anthropic and Gemini have it.</summary>
    CountTokens,

    /// <summary>The list of models.</summary>
    Models,
}

/// <summary>A provider's answer whose body is still coming. Whoever gets it disposes it, which stops the provider's work.</summary>
/// <param name="message">The answer.</param>
/// <param name="permit">What is given back when the answer is disposed: its place among the provider's concurrent calls.</param>
public sealed class ProviderResponse(HttpResponseMessage message, IDisposable? permit = null) : IDisposable
{
    private Stream? _body;

    /// <summary>Makes what reads the body of the body; null to read it as it is.</summary>
    internal Func<Stream, Stream>? Watch { get; init; }

    /// <summary>The status.</summary>
    public int Status => (int)message.StatusCode;

    /// <summary>Whether the provider did what it was asked.</summary>
    public bool IsSuccess => message.IsSuccessStatusCode;

    /// <summary>The content type.</summary>
    public string? ContentType => message.Content.Headers.ContentType?.ToString();

    /// <summary>The headers of the answer itself, not of its content.</summary>
    public System.Net.Http.Headers.HttpResponseHeaders Headers => message.Headers;

    /// <summary>The body as it comes, the same however often it is asked for. A provider that falls silent for too long ends it with an <see cref="IOException"/>.</summary>
    public async Task<Stream> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_body is null)
        {
            var body = await message.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            _body = Watch?.Invoke(body) ?? body;
        }

        return _body;
    }

    /// <summary>Reads a small body, such as an error's, whole; <see cref="ReadAsync"/> still gives it from its beginning.</summary>
    /// <exception cref="HttpRequestException">It is larger than <paramref name="maxBytes"/>, or it broke off.</exception>
    internal async Task<byte[]> PeekAsync(int maxBytes, CancellationToken cancellationToken)
    {
        await message.Content.LoadIntoBufferAsync(maxBytes, cancellationToken).ConfigureAwait(false);
        return await message.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _body?.Dispose();
        message.Dispose();
        permit?.Dispose();
    }
}

/// <summary>A provider could not be asked, or refused.</summary>
/// <param name="provider">Its name.</param>
/// <param name="message">What happened.</param>
/// <param name="status">The status that it answered, or that a proxy should: 502 for one that could not be reached, 503 for an open circuit, 504 for no answer in time.</param>
/// <param name="retryAfter">When to try again.</param>
/// <param name="innerException">The cause.</param>
public sealed class ProviderException(string provider, string message, int status, TimeSpan? retryAfter = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The provider's name.</summary>
    public string Provider => provider;

    /// <summary>The status to answer with.</summary>
    public int Status => status;

    /// <summary>When to try again, if that is known.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
