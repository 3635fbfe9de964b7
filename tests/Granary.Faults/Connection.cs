using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Faults;

/// <summary>What the server answered.</summary>
/// <param name="Status">The HTTP status; 0 if there was no answer, and nobody knows what became of the request.</param>
/// <param name="Body">The JSON of the answer; undefined where there is none.</param>
/// <param name="Replayed">Whether it is the answer of an earlier request with the same key.</param>
/// <param name="At">When it came, in ticks of the stopwatch.</param>
/// <param name="Error">Why there was no answer.</param>
/// <param name="TimedOut">Whether there was no answer in time; otherwise the connection was refused or broke.</param>
internal sealed record Answer(int Status, JsonElement Body, bool Replayed, long At, string? Error = null, bool TimedOut = false)
{
    public bool IsLost => Status == 0;

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Whether it is a refusal with this code of the problem document.</summary>
    public bool Is(int status, string code) => Status == status && Body.ValueKind == JsonValueKind.Object && Body.GetProperty("code").GetString() == code;

    public override string ToString() => Error ?? $"HTTP {Status} {Body}";
}

/// <summary>What requests are sent through.</summary>
internal interface IConnection
{
    Task<Answer> SendAsync(Append append);

    Task<Answer> PostAsync(string path, Session session, JsonObject body);

    Task<Answer> DeleteAsync(Session session);

    Task<Answer> GetAsync(string path, string user);
}

/// <summary>
/// Speaks plain HTTP, apart from the project's own client and serializers: what these may get wrong must not get past the comparison.
/// No append is ever sent twice of its own accord.
/// </summary>
/// <param name="address">The server.</param>
/// <param name="connections">How many requests may be under way at a time; others wait.</param>
/// <param name="patience">How long a request may take before it counts as lost; 30 seconds if it is not said.</param>
internal sealed class Connection(Uri address, int connections = 1, TimeSpan? patience = null) : IConnection, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
    })
    {
        BaseAddress = address,
        Timeout = patience ?? Patience,
    };

    public Task<Answer> SendAsync(Append append) => SendAsync(HttpMethod.Post, append.Path, append.Session.User, append.Body, append.Key);

    public Task<Answer> PostAsync(string path, Session session, JsonObject body) =>
        SendAsync(HttpMethod.Post, path, session.User, JsonSerializer.SerializeToUtf8Bytes(body), key: null);

    public Task<Answer> DeleteAsync(Session session) => SendAsync(HttpMethod.Delete, $"/sessions/{session.Id}", session.User, body: null, key: null);

    public Task<Answer> GetAsync(string path, string user) => SendAsync(HttpMethod.Get, path, user, body: null, key: null);

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, string user, byte[]? body, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-User-ID", user);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        try
        {
            using var response = await _http.SendAsync(request);
            var bytes = await response.Content.ReadAsByteArrayAsync();
            return new Answer(
                (int)response.StatusCode,
                bytes.Length == 0 ? default : JsonDocument.Parse(bytes).RootElement,
                response.Headers.Contains("Idempotency-Replayed"),
                Stopwatch.GetTimestamp());
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return new Answer(0, default, false, Stopwatch.GetTimestamp(), lost.GetBaseException().Message, lost is OperationCanceledException);
        }
    }
}
