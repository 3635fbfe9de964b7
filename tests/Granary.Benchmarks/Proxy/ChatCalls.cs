using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Benchmarks.Proxy;

/// <summary>Chats over HTTP, as a client makes them.</summary>
internal sealed class ChatCalls : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null }) { Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>A chat's body.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stream">Whether the answer comes in pieces.</param>
    /// <param name="history">Turns before the question.</param>
    /// <param name="question">The new question.</param>
    public static byte[] Body(string model, bool stream, int history, string question)
    {
        var messages = new JsonArray();
        for (var turn = 0; turn < history; turn++)
        {
            foreach (var message in SampleTurns.Turn(turn).Messages)
            {
                messages.Add(new JsonObject { ["role"] = message.Role == MessageRole.User ? "user" : "assistant", ["content"] = message.Content });
            }
        }

        messages.Add(new JsonObject { ["role"] = "user", ["content"] = question });
        var body = new JsonObject { ["model"] = model, ["messages"] = messages };
        if (stream)
        {
            body["stream"] = true;
        }

        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    /// <summary>Milliseconds until an answer is there as a whole.</summary>
    public async Task<double> WholeAsync(Uri server, byte[] body, string? session)
    {
        var started = Stopwatch.GetTimestamp();
        using var answer = await SendAsync(server, body, session);
        await answer.Content.CopyToAsync(Stream.Null);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>Milliseconds until the first bytes of a stream's body; the stream is read to its end.</summary>
    public async Task<double> FirstTokenAsync(Uri server, byte[] body, string? session)
    {
        var buffer = new byte[16 * 1024];
        var started = Stopwatch.GetTimestamp();
        using var answer = await SendAsync(server, body, session);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var first = await stream.ReadAsync(buffer);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        while (first > 0 && await stream.ReadAsync(buffer) > 0)
        {
        }

        return elapsed;
    }

    /// <summary>Opens a stream and reads the pieces that come before it is held. It is open until it is disposed.</summary>
    public async Task<HttpResponseMessage> OpenAsync(Uri server, byte[] body, string? session)
    {
        var answer = await SendAsync(server, body, session);
        var stream = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[4 * 1024];
        var seen = new StringBuilder();
        while (seen.ToString().Split("Thursday").Length <= ScriptedUpstream.HeldChunks)
        {
            seen.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        }

        return answer;
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Uri server, byte[] body, string? session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/v1/chat/completions")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (session is not null)
        {
            request.Headers.Add("X-User-ID", ProxyMemory.User);
            request.Headers.Add("X-Session-ID", session);
        }

        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }
}
