using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>How bad an alert is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AlertSeverity>))]
public enum AlertSeverity
{
    /// <summary>The first threshold is passed.</summary>
    Warning,

    /// <summary>The second threshold is passed.</summary>
    Critical,
}

/// <summary>Something is wrong with a provider.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Metric">What passed a threshold: latency, error_rate, consecutive_failures or uptime.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">The same in words.</param>
/// <param name="Since">Since when.</param>
public sealed record ProviderAlert(string Provider, string Metric, AlertSeverity Severity, string Message, DateTimeOffset Since);
