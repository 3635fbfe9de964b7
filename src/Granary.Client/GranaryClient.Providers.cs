using System.Globalization;
using System.Net;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>The service's memory providers, the lowest priority number first. This and all about providers needs a service key of any tenant.</summary>
    public Task<ProvidersResponse> ListProvidersAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("providers"), ClientJson.Read.ProvidersResponse, cancellationToken);

    /// <summary>Adds a memory provider to the chain. It uses a connection of the service's settings by its name.</summary>
    /// <exception cref="ConflictException">The name is taken.</exception>
    public Task<ProviderView> RegisterProviderAsync(RegisterProviderRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("providers/register", request, ClientJson.Write.RegisterProviderRequest, Repeat.IfNotRun), ClientJson.Read.ProviderView, cancellationToken);
    }

    /// <summary>Removes a memory provider that was registered by API. What it keeps stays there, out of reach.</summary>
    public Task RemoveProviderAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(new ApiCall(HttpMethod.Delete, ProviderPath(name)) { Repeat = Repeat.IfNotRun, Tenant = _tenant, User = _user }, NothingAsync, cancellationToken);

    /// <summary>Uses a memory provider, also one that was failed over from.</summary>
    public Task<ProviderView> EnableProviderAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(PostNothing(ProviderPath(name, "/enable"), Repeat.Always), ClientJson.Read.ProviderView, cancellationToken);

    /// <summary>Asks a memory provider no more to keep and find.</summary>
    public Task<ProviderView> DisableProviderAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(PostNothing(ProviderPath(name, "/disable"), Repeat.Always), ClientJson.Read.ProviderView, cancellationToken);

    /// <summary>Passes over a memory provider until it is enabled again.</summary>
    /// <exception cref="UnavailableException">There is no other.</exception>
    public Task<FailoverResponse> FailOverProviderAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(PostNothing(ProviderPath(name, "/failover"), Repeat.IfNotRun), ClientJson.Read.FailoverResponse, cancellationToken);

    /// <summary>How a memory provider has been, as the process that answers saw it.</summary>
    /// <param name="name">The provider.</param>
    /// <param name="hours">Hours of trends, 1 to 168.</param>
    /// <param name="check">Whether to check it now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<ProviderHealthResponse> GetProviderHealthAsync(string name, int hours = 24, bool check = false, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get(ProviderPath(name, string.Create(CultureInfo.InvariantCulture, $"/health?hours={hours}&check={(check ? "true" : "false")}"))),
            ClientJson.Read.ProviderHealthResponse,
            cancellationToken);

    /// <summary>How the memory providers are. That none is well is an answer here.</summary>
    public Task<ProvidersHealthResponse> GetProvidersHealthAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get("providers/health") with { Repeat = Repeat.Never, AlsoAnswers = HttpStatusCode.ServiceUnavailable },
            ClientJson.Read.ProvidersHealthResponse,
            cancellationToken);

    /// <summary>How calls of memory providers went: rules, scores, circuit breakers.</summary>
    public Task<FailoverStatisticsResponse> GetFailoverStatisticsAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("providers/failover/statistics"), ClientJson.Read.FailoverStatisticsResponse, cancellationToken);

    /// <summary>Who administered memory providers, the youngest first.</summary>
    /// <param name="limit">How many at the most, 1 to 10,000.</param>
    /// <param name="provider">Only what was done about this provider; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<ProviderAuditResponse> GetProviderAuditAsync(int limit = 100, string? provider = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get(string.Create(CultureInfo.InvariantCulture, $"providers/security/audit?limit={limit}")
                + (provider is null ? "" : "&provider=" + Uri.EscapeDataString(Ids.Require(provider, "provider")))),
            ClientJson.Read.ProviderAuditResponse,
            cancellationToken);

    private static string ProviderPath(string name, string rest = "") => $"providers/{Uri.EscapeDataString(Ids.Require(name, "name"))}{rest}";

    private ApiCall PostNothing(string path, Repeat repeat) => new(HttpMethod.Post, path) { Repeat = repeat, Tenant = _tenant, User = _user };
}
