using Granary.Http;
using Orleans.Runtime;

namespace Granary.Silo.Lifetime;

/// <summary>A silo serves while its cluster has it as active.</summary>
internal sealed class SiloReadiness(ISiloStatusOracle oracle) : IReadinessCheck
{
    public string? WhyNotReady() => oracle.CurrentStatus == SiloStatus.Active ? null : $"The silo is {oracle.CurrentStatus}.";
}
