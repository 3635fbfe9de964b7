using System.Net;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>Whether the service runs, and its version.</summary>
    public Task<HealthResponse> GetHealthAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("health"), ClientJson.Read.HealthResponse, cancellationToken);

    /// <summary>Whether the service's process lives; it asks nothing else for that.</summary>
    public Task<HealthResponse> GetLivenessAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("health/live"), ClientJson.Read.HealthResponse, cancellationToken);

    /// <summary>Whether the service can do its work now, with its store's state. Asked once, of one address: <c>unhealthy</c> is an answer here.</summary>
    public Task<ReadyResponse> GetReadinessAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get("health/ready") with { Repeat = Repeat.Never, AlsoAnswers = HttpStatusCode.ServiceUnavailable },
            ClientJson.Read.ReadyResponse,
            cancellationToken);

    /// <summary>Figures of the sessions in the service's memory.</summary>
    public Task<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("stats"), ClientJson.Read.ActivationStats, cancellationToken);

    /// <summary>The service's OpenAPI document, as JSON.</summary>
    public Task<string> GetOpenApiAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get("openapi/v1.json"), (response, token) => response.Content.ReadAsStringAsync(token), cancellationToken);
}
