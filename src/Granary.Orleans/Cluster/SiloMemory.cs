using Microsoft.Extensions.Hosting;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>The memory as a silo sees it.</summary>
internal sealed class SiloMemory(IGrainFactory grains, SiloServices silo, SiloReport report, Silos silos, IHostApplicationLifetime lifetime)
    : ClusterMemory(grains, silo.Time, lifetime.ApplicationStopping)
{
    public override IResourceCatalog Resources(string tenant) =>
        new SiloResources(silo.Resources.For(Ids.Require(tenant, "tenant_id")), tenant, silos);

    public override ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(report.Stats());

    public override ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default) => report.HealthAsync(cancellationToken);
}
