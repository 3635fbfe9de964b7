using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>How a provider has been over the last 24 hours.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ProviderHealthStatus>))]
public enum ProviderHealthStatus
{
    /// <summary>Nothing is known.</summary>
    Unknown,

    /// <summary>Well.</summary>
    Healthy,

    /// <summary>Slow: more than a second on average.</summary>
    Degraded,

    /// <summary>Failures, errors or uptime passed a first threshold.</summary>
    Unhealthy,

    /// <summary>Something passed its second threshold.</summary>
    Critical,
}
