using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Tests.Proxy;

/// <summary>A provider on 127.0.0.1 that answers as a test says, and keeps what it was asked.</summary>
public sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedUpstream(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>What every call gets.</summary>
    public Func<HttpContext, ProvidersCall, Task> Answer { get; set; } = (context, _) => Json(context, 200, Texts.Chat("Understood."));

    /// <summary>The calls, in order.</summary>
    public ConcurrentQueue<ProvidersCall> Calls { get; } = new();

    public ProvidersCall Last => Calls.Last();

    public static async Task<ScriptedUpstream> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var upstream = new ScriptedUpstream(builder.Build());
        await upstream._app.StartAsync();
        upstream.Address = new Uri(upstream._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return upstream;
    }

    /// <summary>Answers every call with the same JSON.</summary>
    public void Always(string json, int status = 200, params (string Name, string Value)[] headers) => Answer = (context, _) =>
    {
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return Json(context, status, json);
    };

    /// <summary>Answers every call with a stream of the same events, each flushed on its own.</summary>
    public void Streams(params string[] events) => Answer = (context, _) => Sse(context, events);

    public static Task Json(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    public static async Task Sse(HttpContext context, params string[] events)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
        }

        foreach (var next in events)
        {
            await context.Response.WriteAsync(next);
            await context.Response.Body.FlushAsync();
        }
    }

    /// <summary>Sends a stream whose connection ends in the middle, after all of the text has arrived.</summary>
    public static async Task TornAsync(HttpContext context, string text)
    {
        // Past the server, which throws away what it has not sent when a connection is broken off.
        var socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
        var body = Encoding.UTF8.GetBytes(text);
        var chunk = body.Length == 0 ? "" : $"{body.Length:x}\r\n{text}\r\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"));
        socket.Shutdown(SocketShutdown.Send);
        var closed = new TaskCompletionSource();
        context.RequestAborted.Register(closed.SetResult);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        context.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new ProvidersCall(
            context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
        Calls.Enqueue(call);
        await Answer(context, call);
    }
}

/// <summary>What a provider was asked.</summary>
public sealed record ProvidersCall(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The messages as <c>role: text</c>, tool calls and results by their ids.</summary>
    public IEnumerable<string> Said => (Json["messages"] ?? Json["input"] ?? Json["contents"])!.AsArray().Select(Texts.Line);
}
