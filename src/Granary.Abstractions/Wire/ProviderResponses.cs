using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary>A memory provider.</summary>
public sealed record ProviderView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type: native, postgres, http or mock.</summary>
    public required string ProviderType { get; init; }

    /// <summary>The connection of the settings that it uses.</summary>
    public required string ConnectionName { get; init; }

    /// <summary>What it is at.</summary>
    public required ProviderStatus Status { get; init; }

    /// <summary>Lower ones go first.</summary>
    public required int Priority { get; init; }

    /// <summary>Whether it is asked to keep and find.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Seconds between two checks of its health.</summary>
    public required int HealthCheckInterval { get; init; }

    /// <summary>Seconds that a call may take where the operation's rule allows more.</summary>
    public required int Timeout { get; init; }

    /// <summary>Tries of a call where the operation's rule allows more.</summary>
    public required int RetryAttempts { get; init; }

    /// <summary>What whoever registered it noted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get; init; }

    /// <summary>Whether it stands in the settings, so that it cannot be removed by API.</summary>
    public required bool FromSettings { get; init; }
}

/// <summary>Answer of <c>GET /providers</c>.</summary>
/// <param name="Provider">The memory provider that was chosen: MEMORY_PROVIDER.</param>
/// <param name="Providers">The providers, the lowest priority number first.</param>
/// <param name="Count">How many.</param>
public sealed record ProvidersResponse(string Provider, IReadOnlyList<ProviderView> Providers, int Count);

/// <summary>What a check of a provider's health found.</summary>
/// <param name="Timestamp">When it ended.</param>
/// <param name="Healthy">Whether the provider can keep and recall.</param>
/// <param name="ResponseTimeMs">Milliseconds that it took.</param>
/// <param name="Error">What is wrong, or null.</param>
public sealed record ProviderCheckView(
    DateTimeOffset Timestamp,
    bool Healthy,
    double ResponseTimeMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);

/// <summary>An hour of a provider.</summary>
/// <param name="From">When it began.</param>
/// <param name="Checks">Health checks.</param>
/// <param name="FailedChecks">Those that found it ill.</param>
/// <param name="Calls">Calls.</param>
/// <param name="FailedCalls">Those that failed.</param>
/// <param name="MeanResponseTimeMs">Milliseconds that checks and calls took on average.</param>
public sealed record ProviderTrend(DateTimeOffset From, int Checks, int FailedChecks, int Calls, int FailedCalls, double MeanResponseTimeMs);

/// <summary>Answer of <c>GET /providers/{name}/health</c>: a provider's last 24 hours.</summary>
public sealed record ProviderHealthResponse
{
    /// <summary>The provider.</summary>
    public required string Name { get; init; }

    /// <summary>What it is at.</summary>
    public required ProviderStatus Status { get; init; }

    /// <summary>How it has been over the last 24 hours, as this process saw it.</summary>
    public required ProviderHealthStatus Health { get; init; }

    /// <summary>The health score, 0 to 1.</summary>
    public required double HealthScore { get; init; }

    /// <summary>The performance score, 0 to 1.</summary>
    public required double PerformanceScore { get; init; }

    /// <summary>The share of health checks that were well, 0 to 1.</summary>
    public required double Uptime { get; init; }

    /// <summary>The share of checks and calls that failed, 0 to 1.</summary>
    public required double ErrorRate { get; init; }

    /// <summary>Milliseconds that checks and calls took on average.</summary>
    public required double MeanResponseTimeMs { get; init; }

    /// <summary>Failures since the last success.</summary>
    public required int ConsecutiveFailures { get; init; }

    /// <summary>Health checks.</summary>
    public required int Checks { get; init; }

    /// <summary>Calls.</summary>
    public required int Calls { get; init; }

    /// <summary>The last health check, or null.</summary>
    public ProviderCheckView? LastCheck { get; init; }

    /// <summary>What is wrong now.</summary>
    public required IReadOnlyList<ProviderAlert> Alerts { get; init; }

    /// <summary>The hours of which anything is known, oldest first; only where one provider is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProviderTrend>? Trends { get; init; }
}

/// <summary>Answer of <c>GET /providers/health</c>, with HTTP 503 where no provider is well.</summary>
/// <param name="Healthy">Whether at least one provider in use was well at its last check.</param>
/// <param name="Providers">The providers.</param>
/// <param name="Alerts">What is wrong now, the oldest first.</param>
public sealed record ProvidersHealthResponse(bool Healthy, IReadOnlyList<ProviderHealthResponse> Providers, IReadOnlyList<ProviderAlert> Alerts);

/// <summary>The rule of an operation.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Strategy">In which order providers are tried.</param>
/// <param name="Attempts">How often one is tried before the next.</param>
/// <param name="RetryDelayMs">Milliseconds before the same one is tried again.</param>
/// <param name="TimeoutMs">Milliseconds that one try may take.</param>
public sealed record FailoverRuleView(MemoryOperation Operation, FailoverStrategy Strategy, int Attempts, int RetryDelayMs, int TimeoutMs);

/// <summary>Whether a provider is asked for an operation.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="State">Whether it is.</param>
/// <param name="Failures">Failures since the last success.</param>
/// <param name="OpenUntil">Until when it is left alone, or null.</param>
public sealed record CircuitView(MemoryOperation Operation, CircuitState State, int Failures, DateTimeOffset? OpenUntil);

/// <summary>What the last calls say of a provider.</summary>
/// <param name="Name">The provider.</param>
/// <param name="Calls">Its calls among the last 1,000.</param>
/// <param name="SuccessRate">The share that succeeded, 0 to 1; null without calls.</param>
/// <param name="MeanResponseTimeMs">Milliseconds on average.</param>
/// <param name="PerformanceScore">The performance score, 0 to 1.</param>
/// <param name="HealthScore">The health score, 0 to 1.</param>
/// <param name="Circuits">Operations at which it failed lately.</param>
public sealed record ProviderCallsView(
    string Name, int Calls, double? SuccessRate, double MeanResponseTimeMs, double PerformanceScore, double HealthScore, IReadOnlyList<CircuitView> Circuits);

/// <summary>Answer of <c>GET /providers/failover/statistics</c>: what this process did since its start.</summary>
/// <param name="Calls">Calls of the chain that one provider was to answer.</param>
/// <param name="Failures">Those that none could.</param>
/// <param name="Fallbacks">Those that another than the first choice answered.</param>
/// <param name="History">Calls by which performance is judged, at most 1,000.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Providers">The providers.</param>
public sealed record FailoverStatisticsResponse(
    long Calls, long Failures, long Fallbacks, int History, IReadOnlyList<FailoverRuleView> Rules, IReadOnlyList<ProviderCallsView> Providers);

/// <summary>Answer of <c>POST /providers/{name}/failover</c>.</summary>
/// <param name="From">The provider that is passed over until it is enabled again.</param>
/// <param name="To">The next by priority.</param>
public sealed record FailoverResponse(string From, string To);

/// <summary>Something that was done about providers.</summary>
/// <param name="Timestamp">When.</param>
/// <param name="Actor">Who: the name of the key, or anonymous.</param>
/// <param name="Action">What, as the permission that it needs: provider:register, provider:activate, provider:deactivate, provider:delete, provider:admin.</param>
/// <param name="Provider">With which provider.</param>
/// <param name="Outcome">ok, or the code of the error.</param>
public sealed record ProviderAuditView(DateTimeOffset Timestamp, string Actor, string Action, string? Provider, string Outcome);

/// <summary>Answer of <c>GET /providers/security/audit</c>.</summary>
/// <param name="Entries">The youngest first.</param>
/// <param name="Count">How many.</param>
public sealed record ProviderAuditResponse(IReadOnlyList<ProviderAuditView> Entries, int Count);
