using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>Calls of a provider's batch API, with its address and key from the settings.</summary>
internal sealed class BatchHttp : IDisposable
{
    /// <summary>How long an upload, or the beginning of an answer, may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A line of an answer; no answer that is kept has as many.</summary>
    private const int MaxLineBytes = 8 * 1024 * 1024;

    /// <summary>An answer that is read line by line.</summary>
    private const long MaxLinesBytes = 2L * 1024 * 1024 * 1024;

    /// <summary>An answer that is read whole: Gemini's hold a batch's results.</summary>
    private const long MaxJsonBytes = 64 * 1024 * 1024;

    private static readonly ProviderCall NoCall = new() { Operation = ProviderOperation.Models, Model = "" };

    private readonly ProviderHeaders _headers;
    private readonly PatienceLimit _silence;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public BatchHttp(ProviderSetup setup, TimeProvider time)
    {
        _headers = new ProviderHeaders(setup);
        _silence = new PatienceLimit(TimeSpan.FromSeconds(setup.Options.IdleTimeoutSeconds), IsWhole: false);
        _time = time;
        Name = setup.Name;
        Base = new ProviderAddress(setup).Base;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // Redirects would carry keys to wherever they point.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Patience,
        };
    }

    public string Name { get; }

    public string Base { get; }

    public void Dispose() => _http.Dispose();

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) => JsonAsync(HttpMethod.Get, path, null, cancellationToken);

    public Task<JsonObject> PostAsync(string path, HttpContent? content, CancellationToken cancellationToken) => JsonAsync(HttpMethod.Post, path, content, cancellationToken);

    /// <summary>Deletes something; what is not there is no error.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException gone) when (gone.Status is 404 or 410)
        {
        }
    }

    public static HttpContent Json(JsonObject body) =>
        new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, ProviderJson.Plain)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <summary>The lines of an answer that is JSON Lines, as they come.</summary>
    public async IAsyncEnumerable<JsonObject> LinesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        using var body = new BoundedStream(await BodyAsync(response, cancellationToken).ConfigureAwait(false), MaxLinesBytes);
        await using var lines = JsonLinesReader.ReadAsync(body, MaxLineBytes, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (Exception error) when (error is IOException or HttpRequestException or JsonException)
            {
                // A line that is cut off is a connection that broke: what came is stored, the rest is fetched again.
                throw Unreachable(error);
            }

            yield return lines.Current;
        }
    }

    private async Task<JsonObject> JsonAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        try
        {
            using var body = new BoundedStream(await BodyAsync(response, cancellationToken).ConfigureAwait(false), MaxJsonBytes);
            return await JsonNode.ParseAsync(body, cancellationToken: cancellationToken).ConfigureAwait(false) as JsonObject ?? throw new JsonException("no object");
        }
        catch (Exception error) when (error is IOException or HttpRequestException or JsonException)
        {
            throw Unreachable(error);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Base + path) { Content = content };
        _headers.Write(NoCall, request);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Unreachable(error);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            using var body = await BodyAsync(response, cancellationToken).ConfigureAwait(false);
            using var answer = new RawAnswer((int)response.StatusCode, body, RetryAfter.Of(response.Headers, _time), response);
            throw await ProviderErrors.ReadAsync(Name, answer, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The body, which ends with an <see cref="IOException"/> where the provider falls silent: a job that waits for ever keeps its lease, and nobody else gets it.</summary>
    private async Task<Stream> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new PatientStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), _silence, _time, static () => { });

    private ProviderException Unreachable(Exception error) => error is SilentProviderException or AnswerTooLongException
        ? ProviderErrors.BrokenOff(Name, error)
        : new ProviderException(Name, $"The provider '{Name}' could not be asked for a batch.", 502, innerException: error);
}
