using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>In which order the providers of a chain are tried. Where two are equal, the lower priority number goes first, then the name.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<FailoverStrategy>))]
public enum FailoverStrategy
{
    /// <summary>The lowest priority number first.</summary>
    PriorityBased,

    /// <summary>The best health score first.</summary>
    HealthBased,

    /// <summary>Each first in its turn.</summary>
    RoundRobin,

    /// <summary>The best performance score first.</summary>
    PerformanceBased,

    /// <summary>The best of 0.4 health score + 0.4 performance score + 0.2 / (priority + 1) first.</summary>
    Hybrid,
}
