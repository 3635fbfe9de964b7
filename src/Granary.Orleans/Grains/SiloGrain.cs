using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace Granary.Orleans.Grains;

/// <summary>A silo's own grain.</summary>
[GrainType("silo")]
[Reentrant]
[RandomPlacement]
internal sealed class SiloGrain(SiloServices silo, SiloReport report) : Grain, ISiloGrain
{
    public ValueTask<ActivationStats> GetStatsAsync() => ValueTask.FromResult(report.Stats());

    public ValueTask<MemoryHealth> GetHealthAsync() => report.HealthAsync(CancellationToken.None);

    public Task RefreshResourcesAsync(string tenant) => silo.Resources.RefreshAsync(tenant, CancellationToken.None);
}
