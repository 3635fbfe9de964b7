using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Reads a feed of server-sent events.</summary>
public sealed class EventReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventReader(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _reader = new StreamReader(stream);
    }

    /// <summary>Opens a feed.</summary>
    public static async Task<EventReader> OpenAsync(ApiClient client, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event, comments left out; null at the end of the feed.</summary>
    public Task<ServerEvent?> NextAsync() => ReadEventAsync().WaitAsync(Patience);

    /// <summary>The next event, which must be of a kind.</summary>
    public async Task<ServerEvent> NextAsync(string kind)
    {
        var next = await NextAsync();
        next.ShouldNotBeNull();
        next.Kind.ShouldBe(kind, next.Data.ToJsonString());
        return next;
    }

    /// <summary>The next line, whatever it is; null at the end of the feed.</summary>
    public Task<string?> NextLineAsync() => _reader.ReadLineAsync().WaitAsync(Patience);

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }

    private async Task<ServerEvent?> ReadEventAsync()
    {
        string? kind = null, id = null, data = null;
        while (await NextLineAsync() is { } line)
        {
            if (line.Length == 0 && kind is not null)
            {
                return new ServerEvent(kind, id, JsonNode.Parse(data!)!);
            }

            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            switch (colon > 0 ? line[..colon] : "")
            {
                case "event":
                    kind = line[(colon + 2)..];
                    break;
                case "id":
                    id = line[(colon + 2)..];
                    break;
                case "data":
                    data = line[(colon + 2)..];
                    break;
            }
        }

        return null;
    }
}

/// <summary>An event.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Id">Its id, or null.</param>
/// <param name="Data">Its data.</param>
public sealed record ServerEvent(string Kind, string? Id, JsonNode Data);
