using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Granary.Providers.Mem0;

/// <summary>Sends requests to the service and reads its answers: bounded in time and bytes, without following anywhere else, telling no secret.</summary>
internal sealed class Mem0Client : IDisposable
{
    /// <summary>Characters of an answer that an error repeats.</summary>
    private const int MaxRepeated = 500;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Mem0ProviderOptions _options;
    private readonly TimeProvider _time;
    private readonly Mem0Signer _signer;
    private readonly HttpClient _http;

    public Mem0Client(Mem0ProviderOptions options, TimeProvider time, HttpMessageHandler? handler)
    {
        (_options, _time, _signer) = (options, time, new Mem0Signer(options, time));

        // The key must not follow a redirect to where the settings did not send it.
        handler ??= new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        _http = new HttpClient(handler) { BaseAddress = new Uri(options.BaseUrl.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the service's address, with its query.</param>
    /// <param name="user">The user as the service knows him, or null.</param>
    /// <param name="body">The body, JSON, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The status and, where it tells of success, the answer. Statuses that a caller may make sense of are answered: 400, 404, 405, 422.</returns>
    /// <exception cref="UnavailableException">The service cannot be reached, fails, refuses the key, takes too long or answers what cannot be read.</exception>
    /// <exception cref="MemoryException">The service finds fault with the call.</exception>
    public async Task<Mem0Reply> SendAsync(HttpMethod method, string path, string? user, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var late = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            _signer.Sign(request.Headers, user);
            if (body is { } content)
            {
                request.Content = new ReadOnlyMemoryContent(content);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }

            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return new Mem0Reply(response.StatusCode, await ReadAsync(response, either.Token).ConfigureAwait(false), null);
            }

            var error = Failure(response, Clean(await ReadStartAsync(response, either.Token).ConfigureAwait(false), request.Headers));
            return response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnprocessableEntity
                ? new Mem0Reply(response.StatusCode, null, error)
                : throw error;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable($"the service did not answer within {_options.Timeout.TotalSeconds:0.###} seconds.", Soon);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unavailable(e is HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } ? $"the service cannot be reached ({kind})." : "the connection to the service was lost.", Soon);
        }
    }

    /// <summary>The error of a service that does not do what it should.</summary>
    public UnavailableException Unavailable(string what, TimeSpan? retryAfter = null, Exception? inner = null) =>
        new(ErrorCodes.ProviderUnavailable, $"The memory provider '{_options.Name}' failed: {what}", retryAfter ?? Soon, inner);

    public void Dispose() => _http.Dispose();

    private async Task<Mem0Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > _options.MaxResponseBytes)
        {
            throw TooMuch();
        }

        using var body = new MemoryStream();
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > _options.MaxResponseBytes)
                {
                    throw TooMuch();
                }

                body.Write(buffer, 0, read);
            }
        }

        // A deletion may be answered with nothing.
        if (body.Length == 0)
        {
            return new Mem0Answer(default);
        }

        try
        {
            return new Mem0Answer(JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)));
        }
        catch (JsonException)
        {
            throw Unavailable("the service's answer is no JSON.");
        }

        UnavailableException TooMuch() => Unavailable($"the service's answer has more than {_options.MaxResponseBytes} bytes.");
    }

    private static async Task<string> ReadStartAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var buffer = new byte[MaxRepeated * 4];
                var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return Encoding.UTF8.GetString(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The status says enough.
            return "";
        }
    }

    /// <summary>The start of an answer for an error: in one line, without what this process showed the service.</summary>
    private string Clean(string text, HttpRequestHeaders sent)
    {
        var signature = sent.TryGetValues("X-Signature", out var signed) ? signed.First() : null;
        foreach (var secret in (string?[])[_options.ApiKey, _options.HmacSecret, sent.Authorization?.Parameter, signature])
        {
            text = secret is null ? text : text.Replace(secret, "***", StringComparison.Ordinal);
        }

        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length <= MaxRepeated ? line : line[..MaxRepeated] + "…";
    }

    /// <summary>The error of a status, with the start of what the service said for the caller, and with the status alone inside, for the log.</summary>
    private MemoryException Failure(HttpResponseMessage response, string body)
    {
        var status = (int)response.StatusCode;
        var plain = new HttpRequestException($"HTTP {status}", null, response.StatusCode);
        var said = body.Length > 0 ? $": {body}" : "";
        return status switch
        {
            401 or 403 => Unavailable($"the service refuses the key or the signature (HTTP {status}){said}", AfterRefusal, plain),
            404 or 405 => Unavailable($"the service has no such route (HTTP {status}); its address may be wrong{said}", AfterRefusal, plain),
            408 or 425 or 429 or >= 500 => Unavailable($"the service answered HTTP {status}{said}", RetryAfter(response), plain),
            409 => new ConflictException(ErrorCodes.AlreadyExists, $"The service of the memory provider '{_options.Name}' answered HTTP 409{said}"),
            413 => new TooLargeException("request", $"is too large for the service of the memory provider '{_options.Name}'{said}"),
            >= 400 => new InvalidRequestException("request", $"was refused by the service of the memory provider '{_options.Name}' (HTTP {status}){said}"),
            _ => Unavailable($"the service answered HTTP {status}, which leads elsewhere or means nothing here."),
        };
    }

    private TimeSpan RetryAfter(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => Soon,
        };
        return wait < Soon ? Soon : wait > LongestWait ? LongestWait : wait;
    }
}

/// <summary>A service's reply.</summary>
/// <param name="Status">The status.</param>
/// <param name="Answer">The answer of a success, otherwise null.</param>
/// <param name="Error">What a caller is told who can make nothing of the status, otherwise null.</param>
internal sealed record Mem0Reply(HttpStatusCode Status, Mem0Answer? Answer, MemoryException? Error)
{
    /// <summary>Whether the service has no such route.</summary>
    public bool IsUnknownRoute => Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed;

    /// <summary>The answer of a success.</summary>
    /// <exception cref="MemoryException">It was none.</exception>
    public Mem0Answer Required => Answer ?? throw Error!;
}
