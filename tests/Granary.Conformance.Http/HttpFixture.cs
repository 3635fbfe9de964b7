using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Http;
using Granary.Http.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Conformance.Http;

/// <summary>
/// Starts the HTTP API in this process over a cluster of the deriving class's choice. A class of tests shares one server without keys; a
/// test that needs other settings starts its own.
/// </summary>
public abstract class HttpFixture : IAsyncLifetime
{
    /// <summary>The server without keys.</summary>
    public HttpServer Server { get; private set; } = null!;

    /// <summary>Adds the memory that is behind the API.</summary>
    protected abstract void AddCluster(IServiceCollection services);

    /// <summary>Starts a server of its own settings; the caller disposes of it.</summary>
    public async Task<HttpServer> StartAsync(Action<GranaryHttpOptions>? configure = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        AddCluster(builder.Services);
        builder.Services.AddGranaryHttp(configure);
        var app = builder.Build();
        app.MapGranary();
        map?.Invoke(app);
        await app.StartAsync();
        return new HttpServer(app);
    }

    /// <inheritdoc/>
    public virtual async Task InitializeAsync() => Server = await StartAsync();

    /// <inheritdoc/>
    public virtual async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>A running server.</summary>
public sealed class HttpServer(WebApplication app) : IAsyncDisposable
{
    /// <summary>Its services.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>Its address.</summary>
    public Uri Address { get; } = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>A client for it, without any headers of its own.</summary>
    public ApiClient Client() => new(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address });

    /// <summary>A client that is a user.</summary>
    public ApiClient As(string user, string? tenant = null)
    {
        var client = Client();
        client.Http.DefaultRequestHeaders.Add(UserHeader, user);
        if (tenant is not null)
        {
            client.Http.DefaultRequestHeaders.Add("X-Tenant-ID", tenant);
        }

        return client;
    }

    /// <summary>A client that presents a key.</summary>
    public ApiClient With(ApiKey key)
    {
        var client = Client();
        client.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        return client;
    }

    /// <summary>Asks the server to stop, and waits until it has.</summary>
    public Task StopAsync() => app.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private const string UserHeader = "X-User-ID";
}

/// <summary>Sends requests and reads JSON answers.</summary>
public sealed class ApiClient(HttpClient http)
{
    /// <summary>The client underneath.</summary>
    public HttpClient Http { get; } = http;

    /// <summary>POST of JSON, given as text.</summary>
    public Task<ApiAnswer> PostAsync(string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"), headers);

    /// <summary>PUT of JSON, given as text.</summary>
    public Task<ApiAnswer> PutAsync(string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, new StringContent(json, Encoding.UTF8, "application/json"), headers);

    /// <summary>GET.</summary>
    public Task<ApiAnswer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>DELETE.</summary>
    public Task<ApiAnswer> DeleteAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Delete, path, null, headers);

    /// <summary>Any request.</summary>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await Http.SendAsync(request);
        return new ApiAnswer(response, await response.Content.ReadAsByteArrayAsync());
    }
}

/// <summary>An answer, read to its end.</summary>
public sealed class ApiAnswer
{
    /// <summary>Reads an answer.</summary>
    public ApiAnswer(HttpResponseMessage response, byte[] body)
    {
        Status = (int)response.StatusCode;
        Body = body;
        ContentType = response.Content.Headers.ContentType?.MediaType;
        Headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The status.</summary>
    public int Status { get; }

    /// <summary>The body.</summary>
    public byte[] Body { get; }

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The content type without parameters.</summary>
    public string? ContentType { get; }

    /// <summary>All headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>A member of the body.</summary>
    public JsonNode? this[string name] => Json[name];

    /// <summary>Asserts the status and returns the answer.</summary>
    public ApiAnswer ShouldBe(int status)
    {
        Status.ShouldBe(status, Text);
        return this;
    }

    /// <summary>Asserts that it is a whole problem document.</summary>
    public ApiAnswer ShouldBeProblem(int status, string code, string? field = null, string? rule = null)
    {
        ShouldBe(status);
        ContentType.ShouldBe("application/problem+json", Text);
        var problem = Json;
        ((string?)problem["code"]).ShouldBe(code, Text);
        ((int?)problem["status"]).ShouldBe(status);
        ((string?)problem["type"]).ShouldBe("urn:granary:problem:" + code);
        ((string?)problem["title"]).ShouldNotBeNullOrEmpty();
        ((string?)problem["detail"]).ShouldNotBeNullOrEmpty();
        ((string?)problem["trace_id"])!.ShouldMatch("^[0-9a-f]{32}$");
        if (field is not null)
        {
            ((string?)problem["field"]).ShouldBe(field, Text);
        }

        if (rule is not null)
        {
            ((string?)problem["rule"])!.ShouldContain(rule);
        }

        Text.ShouldNotContain("   at ");
        Text.ShouldNotContain("Exception");
        return this;
    }
}
