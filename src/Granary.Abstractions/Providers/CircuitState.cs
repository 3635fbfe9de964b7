using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>Whether a provider is asked for an operation.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CircuitState>))]
public enum CircuitState
{
    /// <summary>It is.</summary>
    Closed,

    /// <summary>It failed too often and is left alone for a while.</summary>
    Open,

    /// <summary>The while is over: one call at a time finds out whether it works again.</summary>
    HalfOpen,
}
