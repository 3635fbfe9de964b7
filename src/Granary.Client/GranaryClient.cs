using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Client.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Client;

/// <summary>
/// The HTTP client of the memory service: one method for each of its routes. Safe for concurrent use; make one and keep it.
/// </summary>
/// <remarks>
/// <para>
/// Every method may throw the <see cref="MemoryException"/>s that the same call throws in process: <see cref="InvalidRequestException"/>,
/// <see cref="TooLargeException"/>, <see cref="AccessDeniedException"/>, <see cref="NotFoundException"/>, <see cref="ConflictException"/>,
/// <see cref="ErasedException"/>, <see cref="PreconditionFailedException"/>; and <see cref="UnavailableException"/> for limits, for a service
/// that cannot answer, and with <see cref="ClientErrorCodes"/> for one that cannot be reached or is none.
/// </para>
/// <para>
/// Calls that are safe to repeat are repeated when a connection fails and on HTTP 408, 429, 502, 503, 504. Appends are safe because they
/// always carry an idempotency key, the caller's or one made here, kept over all attempts and addresses. All other changes are repeated only
/// if the service certainly did not begin with them.
/// </para>
/// </remarks>
public sealed partial class GranaryClient : IDisposable
{
    private readonly Transport _transport;
    private readonly IDisposable? _owned;
    private readonly string? _tenant;
    private readonly string? _user;

    /// <summary>Makes a client with connections of its own.</summary>
    /// <param name="options">The settings; later changes of them have no effect.</param>
    /// <param name="logger">Hears of repeated calls.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is wrong.</exception>
    public GranaryClient(GranaryClientOptions options, ILogger<GranaryClient>? logger = null)
        : this(OwnHttpClient(), options, logger, owned: true)
    {
    }

    /// <summary>Makes a client over given connections, which the caller disposes.</summary>
    /// <param name="http">The connections. Its base address is not used; a timeout of its own bounds each attempt.</param>
    /// <param name="options">The settings; later changes of them have no effect.</param>
    /// <param name="logger">Hears of repeated calls.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is wrong.</exception>
    public GranaryClient(HttpClient http, GranaryClientOptions options, ILogger<GranaryClient>? logger = null)
        : this(http, options, logger, owned: false)
    {
    }

    internal GranaryClient(Func<HttpClient> http, GranaryClientOptions options, ILogger? logger, Func<double>? random = null)
    {
        options.Validate();
        _transport = new Transport(http, options, logger ?? NullLogger.Instance, random ?? Random.Shared.NextDouble);
        _tenant = options.TenantId;
        _user = options.UserId;
    }

    private GranaryClient(HttpClient http, GranaryClientOptions options, ILogger? logger, bool owned)
        : this(() => http, Checked(http, options), logger) => _owned = owned ? http : null;

    private GranaryClient(Transport transport, string? tenant, string? user)
    {
        _transport = transport;
        _tenant = tenant;
        _user = user;
    }

    /// <summary>The user of calls that name none.</summary>
    public string? UserId => _user;

    /// <summary>The tenant of all calls.</summary>
    public string? TenantId => _tenant;

    /// <summary>The same client for another user. It costs nothing and shares the connections; only the first client disposes them.</summary>
    /// <exception cref="InvalidRequestException">The id breaks the grammar.</exception>
    public GranaryClient ForUser(string userId) => new(_transport, _tenant, Ids.Require(userId, "user_id"));

    /// <summary>The same client for another tenant, see <see cref="ForUser"/>.</summary>
    /// <exception cref="InvalidRequestException">The id breaks the grammar.</exception>
    public GranaryClient ForTenant(string tenantId) => new(_transport, Ids.Require(tenantId, "tenant_id"), _user);

    /// <summary>A new idempotency key. Give it to an append that you may want to repeat yourself.</summary>
    public static string NewIdempotencyKey() => Guid.CreateVersion7().ToString("n");

    /// <summary>Closes the connections, if they are its own.</summary>
    public void Dispose() => _owned?.Dispose();

    private static HttpClient OwnHttpClient() => new(new SocketsHttpHandler
    {
        // Names of a cluster's addresses may come to mean other machines.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static GranaryClientOptions Checked(HttpClient http, GranaryClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

    private ApiCall Get(string path, string? user = null) => new(HttpMethod.Get, path)
    {
        Repeat = Repeat.Always,
        Tenant = _tenant,
        User = user ?? _user,
    };

    private ApiCall Post<T>(string path, T body, JsonTypeInfo<T> type, Repeat repeat, string? user = null) =>
        Send(HttpMethod.Post, path, body, type, repeat, user ?? _user);

    /// <summary>A batch names its user in the body: its items may name others, and a header would speak against them.</summary>
    private ApiCall PostBatch<T>(string path, T body, JsonTypeInfo<T> type) => Send(HttpMethod.Post, path, body, type, Repeat.Always, null);

    private ApiCall Send<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, Repeat repeat, string? user) => new(method, path)
    {
        Repeat = repeat,
        Json = JsonSerializer.SerializeToUtf8Bytes(body, type),
        Tenant = _tenant,
        User = user,
    };

    private static string SessionPath(string sessionId, string rest = "") =>
        $"sessions/{Uri.EscapeDataString(Ids.Require(sessionId, "session_id"))}{rest}";

    private static string KeyOrNew(string? key) => key is null ? NewIdempotencyKey() : RequireKey(key);

    private static string RequireKey(string key) =>
        key.Length is > 0 and <= MessageLimits.MaxIdempotencyKeyLength && GranaryClientOptionsValidator.IsVisibleAscii(key)
            ? key
            : throw new InvalidRequestException("Idempotency-Key", $"must be 1 to {MessageLimits.MaxIdempotencyKeyLength} visible ASCII characters");

    private static string? RequireETag(string? etag, string header) =>
        etag is null || (etag.Length > 0 && !etag.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            ? etag
            : throw new InvalidRequestException(header, "must be an ETag as the service gave it, or *");

    private static async Task<Tagged<T>> ReadTaggedAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        new(await Transport.ReadJsonAsync(response, type, cancellationToken).ConfigureAwait(false), ETagOf(response), WasReplayed(response));

    private static string? ETagOf(HttpResponseMessage response) => response.Headers.ETag?.ToString();

    private static bool WasReplayed(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Idempotency-Replayed", out var values) && values.Contains("true", StringComparer.OrdinalIgnoreCase);

    private static Task<bool> NothingAsync(HttpResponseMessage response, CancellationToken cancellationToken) => Task.FromResult(true);
}
