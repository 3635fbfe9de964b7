using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Functions.Settings;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>
/// The operations of an HTTP API whose document is read when they are first asked for. While the document cannot be had there are none, and it is tried
/// again later; once it was read it is kept.
/// </summary>
internal sealed partial class OpenApiFunctionSource : IFunctionSource, IDisposable
{
    /// <summary>The largest document in bytes: more is no description of an API for a model.</summary>
    private const int MaxDocumentBytes = 16 * 1024 * 1024;

    /// <summary>How long a document that could not be had is left alone.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    private readonly OpenApiSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly HttpMessageHandler handler = FunctionHandlers.Create();
    private readonly HttpClient http;
    private readonly Lock gate = new();
    private IReadOnlyList<AgentFunction>? functions;
    private Task<IReadOnlyList<AgentFunction>>? loading;
    private DateTimeOffset? failedAt;

    /// <summary>Describes the source; nothing is read yet.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Its settings, checked.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <param name="logger">Told of failures.</param>
    public OpenApiFunctionSource(string name, OpenApiSettings settings, TimeProvider time, ILogger<OpenApiFunctionSource> logger)
    {
        (Name, this.settings, this.time, this.logger) = (name, settings, time, logger);
        http = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxDocumentBytes };
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default)
    {
        Task<IReadOnlyList<AgentFunction>> load;
        lock (gate)
        {
            if (functions is not null)
            {
                return functions;
            }

            if (loading is null && time.GetUtcNow() - failedAt < RetryDelay)
            {
                return [];
            }

            // One for all who ask meanwhile, so it must not end with one of them.
            load = loading ??= Task.Run(LoadAsync, CancellationToken.None);
            if (failedAt is not null)
            {
                // Whoever asks for all functions must not wait, again and again, for one that failed before.
                return [];
            }
        }

        return await load.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose()
    {
        http.Dispose();
        handler.Dispose();
    }

    private async Task<IReadOnlyList<AgentFunction>> LoadAsync()
    {
        IReadOnlyList<AgentFunction>? loaded = null;
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(settings.TimeoutSeconds), time);
            loaded = Create(Parse(await ReadAsync(timeout.Token).ConfigureAwait(false)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException or JsonException or ArgumentException or InvalidOperationException or OperationCanceledException)
        {
            LogUnavailable(failure, Name);
        }

        lock (gate)
        {
            (functions, failedAt, loading) = (loaded, loaded is null ? time.GetUtcNow() : null, null);
        }

        return loaded ?? [];
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        if (settings.Url is not { Length: > 0 } url)
        {
            return await File.ReadAllBytesAsync(settings.File!, cancellationToken).ConfigureAwait(false);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (settings.BaseAddress is not { Length: > 0 } address || IsSameOrigin(new Uri(address), new Uri(url)))
        {
            AddHeaders(request);
        }

        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Parse(byte[] document) =>
        JsonNode.Parse(document) as JsonObject ?? throw new JsonException("The OpenAPI document is no JSON object.");

    private IReadOnlyList<AgentFunction> Create(JsonObject document) => OpenApiFunctions.Create(
        new OpenApiOptions
        {
            Document = document,
            Operations = settings.Operations.Contains(OpenApiSettings.All) ? OpenApiFunctions.OperationsOf(document) : [.. settings.Operations],
            BaseAddress = Address(document),
            Prefix = Name + "_",
            Timeout = TimeSpan.FromSeconds(settings.TimeoutSeconds),
            Authorize = (request, _, _) =>
            {
                AddHeaders(request);
                return ValueTask.CompletedTask;
            },
        },
        handler,
        time);

    /// <summary>Where the API is. A document from elsewhere must not send the headers, and what models ask, to wherever it says.</summary>
    private Uri? Address(JsonObject document)
    {
        if (settings.BaseAddress is { Length: > 0 } given)
        {
            return new Uri(given);
        }

        if (settings.Url is not { Length: > 0 } url)
        {
            return null;
        }

        var source = new Uri(url);
        var named = (document["servers"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault()?["url"]?.GetValue<string>() ?? "/";
        return Uri.TryCreate(source, named, out var address) && IsSameOrigin(source, address)
            ? address
            : throw new ArgumentException($"The OpenAPI document is of {source.Host} and names a server elsewhere: set Granary:Functions:OpenApi:{Name}:BaseAddress to where the API is.");
    }

    private static bool IsSameOrigin(Uri one, Uri other) => Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private void AddHeaders(HttpRequestMessage request)
    {
        foreach (var (name, value) in settings.Headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
