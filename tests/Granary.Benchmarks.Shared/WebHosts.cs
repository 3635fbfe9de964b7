using System.Text.Json;
using Granary.Http;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Benchmarks.Shared;

/// <summary>The web applications that the HTTP benchmarks compare, each on a free port of the loopback address.</summary>
internal static class WebHosts
{
    /// <summary>Granary's HTTP API over the memory that is registered.</summary>
    public static async Task<WebApplication> GranaryAsync(Action<WebApplicationBuilder> addMemory)
    {
        var builder = Builder();
        addMemory(builder);
        builder.Services.AddGranaryHttp();
        var app = builder.Build();
        app.MapGranary();
        await app.StartAsync();
        return app;
    }

    /// <summary>The references: an endpoint that parses a turn and answers it, and one that answers given bytes.</summary>
    public static async Task<WebApplication> BareAsync(byte[]? answer = null)
    {
        var app = Builder().Build();
        app.MapPost("/echo", static async (HttpContext http) =>
        {
            var turn = await http.Request.ReadFromJsonAsync(GranaryJson.Default.StoreTurnRequest);
            var body = JsonSerializer.SerializeToUtf8Bytes(turn!, GranaryJson.Default.StoreTurnRequest);
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body);
        });
        app.MapPost("/bytes", async (HttpContext http) =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = answer!.Length;
            await http.Response.Body.WriteAsync(answer);
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>A web application with the routes that are mapped.</summary>
    public static async Task<WebApplication> StartAsync(Action<WebApplication> map)
    {
        var app = Builder().Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    public static Uri Address(this WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }
}
