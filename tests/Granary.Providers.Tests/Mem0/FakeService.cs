using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Tests.Mem0;

/// <summary>A request as it came.</summary>
internal sealed record Seen(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, JsonNode? Body)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>A small service like mem0's, which can be told to have any of their habits.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<JsonObject> _memories = [];
    private readonly List<(int Polls, JsonObject Memory, string Event)> _pending = [];
    private int _last;

    private FakeService(WebApplication app) => _app = app;

    /// <summary>Answers instead of the service where it gives one.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public bool HasV1 { get; set; } = true;

    public bool HasV3 { get; set; } = true;

    public bool HasEvents { get; set; } = true;

    public bool HasDeleteAll { get; set; } = true;

    public bool HasPing { get; set; } = true;

    /// <summary>Whether lists come in pages; otherwise whole.</summary>
    public bool HasPages { get; set; } = true;

    /// <summary>What lists are wrapped in, or null for bare arrays.</summary>
    public string? Wrap { get; set; } = "results";

    /// <summary>Whether additions answer with the id only.</summary>
    public bool AnswersIdOnly { get; set; }

    /// <summary>Whether additions answer with nothing.</summary>
    public bool AnswersNothing { get; set; }

    /// <summary>How often must be asked for an addition that is put off before it is there; null for one that is there at once.</summary>
    public int? PutOff { get; set; }

    /// <summary>Whether additions that are put off fail.</summary>
    public bool Fails { get; set; }

    /// <summary>Whether filters of users are ignored.</summary>
    public bool Leaks { get; set; }

    /// <summary>Whether deletions of all are only promised.</summary>
    public bool Forgets { get; set; }

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<FakeService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var service = new FakeService(app);
        app.Run(service.AnswerAsync);
        await app.StartAsync();
        return service;
    }

    /// <summary>Puts a memory there that others kept.</summary>
    public JsonObject Plant(string user, string content, string? id = null)
    {
        lock (_memories)
        {
            var memory = new JsonObject
            {
                ["id"] = id ?? $"id-{++_last}",
                ["memory"] = content,
                ["user_id"] = user,
                ["metadata"] = null,
                ["created_at"] = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(_last).ToString("o"),
                ["updated_at"] = null,
            };
            _memories.Add(memory);
            return memory;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var body = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0 ? await JsonNode.ParseAsync(request.Body) : null;
        Requests.Enqueue(new Seen(
            request.Method,
            request.Path,
            request.QueryString.Value ?? "",
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body?.DeepClone()));
        if (Instead is { } instead && await instead(context))
        {
            return;
        }

        var (status, answer) = Answer(request, body);
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(answer);
    }

    private (int Status, JsonNode? Answer) Answer(HttpRequest request, JsonNode? body)
    {
        lock (_memories)
        {
            var path = request.Path.Value!;
            return (request.Method, path) switch
            {
                ("POST", "/v3/memories/add/") when HasV3 => Add(body!),
                ("POST", "/v1/memories/") when HasV1 => Add(body!),
                ("POST", "/v3/memories/search/") when HasV3 => Search((string)body!["filters"]!["user_id"]!, body, "top_k"),
                ("POST", "/v1/memories/search/") when HasV1 => Search((string)body!["user_id"]!, body, "limit"),
                ("POST", "/v3/memories/") when HasV3 => Page(request, (string)body!["filters"]!["user_id"]!),
                ("GET", "/v1/memories/") when HasV1 => Page(request, request.Query["user_id"]!),
                ("DELETE", "/v1/memories/") when HasDeleteAll => DeleteAll(request.Query["user_id"]!),
                ("GET", "/v1/ping/") when HasPing => (200, new JsonObject { ["status"] = "ok" }),
                ("GET", "/health") => (200, new JsonObject { ["status"] = "healthy" }),
                ("GET", _) when path.StartsWith("/v1/event/", StringComparison.Ordinal) && HasEvents => Event(path.Split('/')[3]),
                ("GET", _) when path.StartsWith("/v1/memories/", StringComparison.Ordinal) && Find(path) is { } found => (200, found.DeepClone()),
                ("DELETE", _) when path.StartsWith("/v1/memories/", StringComparison.Ordinal) && Find(path) is { } found && _memories.Remove(found) => (204, null),
                _ => (404, new JsonObject { ["detail"] = "Not found." }),
            };
        }
    }

    private (int, JsonNode?) Add(JsonNode body)
    {
        var memory = Plant((string)body["user_id"]!, (string)body["messages"]![0]!["content"]!);
        memory["metadata"] = body["metadata"]?.DeepClone();
        if (body["agent_id"] is { } agent)
        {
            memory["agent_id"] = agent.DeepClone();
        }

        if (PutOff is { } polls)
        {
            _memories.Remove(memory);
            var name = Guid.NewGuid().ToString();
            _pending.Add((polls, memory, name));
            return (200, new JsonObject { ["message"] = "Memory processing has been queued", ["status"] = "PENDING", ["event_id"] = name });
        }

        var view = (JsonObject)memory.DeepClone();
        view["event"] = "ADD";
        return AnswersNothing ? (200, new JsonObject { ["message"] = "ok" })
            : AnswersIdOnly ? (200, new JsonObject { ["memory_id"] = memory["id"]!.DeepClone() })
            : (200, Wrapped([view], count: null));
    }

    private (int, JsonNode?) Event(string name)
    {
        Poll();
        if (Fails)
        {
            return (200, new JsonObject { ["status"] = "FAILED", ["results"] = null });
        }

        return _pending.Any(entry => entry.Event == name)
            ? (200, new JsonObject { ["status"] = "RUNNING", ["results"] = new JsonArray() })
            : (200, new JsonObject { ["status"] = "SUCCEEDED", ["results"] = new JsonArray(new JsonObject { ["id"] = _memories[^1]["id"]!.DeepClone(), ["event"] = "ADD" }) });
    }

    private void Poll()
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (polls, memory, name) = _pending[i];
            _pending[i] = (polls - 1, memory, name);
            if (polls <= 0)
            {
                _pending.RemoveAt(i);
                _memories.Add(memory);
            }
        }
    }

    private (int, JsonNode?) Search(string user, JsonNode body, string limit)
    {
        var query = (string)body["query"]!;
        return (200, Wrapped(
            Of(user).Where(memory => ((string)memory["memory"]!).Contains(query, StringComparison.OrdinalIgnoreCase)).Take((int)body[limit]!).Select(memory =>
            {
                var view = (JsonObject)memory.DeepClone();
                view["score"] = 0.5;
                return view;
            }),
            count: null));
    }

    private (int, JsonNode?) Page(HttpRequest request, string user)
    {
        if (!HasEvents)
        {
            Poll();
        }

        var all = Of(user).Reverse().Select(memory => (JsonObject)memory.DeepClone()).ToList();
        if (!HasPages)
        {
            return (200, Wrapped(all, count: null));
        }

        var (page, size) = (int.Parse(request.Query["page"]!), int.Parse(request.Query["page_size"]!));
        var some = all.Skip((page - 1) * size).Take(size).ToList();
        return page > 1 && some.Count == 0 ? (404, new JsonObject { ["detail"] = "Invalid page." }) : (200, Wrapped(some, all.Count));
    }

    private (int, JsonNode?) DeleteAll(string user)
    {
        if (!Forgets)
        {
            _memories.RemoveAll(memory => (string)memory["user_id"]! == user);
        }

        return (200, new JsonObject { ["message"] = "Memories deleted successfully!" });
    }

    private IEnumerable<JsonObject> Of(string user) => _memories.Where(memory => Leaks || (string)memory["user_id"]! == user);

    private JsonObject? Find(string path) => _memories.Find(memory => path == $"/v1/memories/{Uri.EscapeDataString((string)memory["id"]!)}/");

    private JsonNode Wrapped(IEnumerable<JsonObject> items, int? count)
    {
        var list = new JsonArray([.. items]);
        if (Wrap is null)
        {
            return list;
        }

        var answer = new JsonObject { [Wrap] = list };
        if (count is { } number)
        {
            answer["count"] = number;
        }

        return answer;
    }
}
