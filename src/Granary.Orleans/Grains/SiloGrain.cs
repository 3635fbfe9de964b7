using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Granary.Orleans.Grains;

/// <summary>A silo's own grain.</summary>
[GrainType("silo")]
[Reentrant]
[RandomPlacement]
internal sealed class SiloGrain(SiloServices silo, SiloReport report, ILocalSiloDetails here) : Grain, ISiloGrain
{
    public ValueTask<ActivationStats> GetStatsAsync()
    {
        Begin();
        return ValueTask.FromResult(report.Stats());
    }

    public ValueTask<MemoryHealth> GetHealthAsync()
    {
        Begin();
        return report.HealthAsync(CancellationToken.None);
    }

    public Task RefreshResourcesAsync(string tenant)
    {
        Begin();
        return silo.Resources.RefreshAsync(tenant, CancellationToken.None);
    }

    /// <summary>Refuses to speak for another silo. The hint of the placement is heeded only where the asking silo deems the hinted one able to hold the grain.</summary>
    private void Begin()
    {
        // It placed this grain; grains that are called from here are placed as they like.
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        if (this.GetPrimaryKeyString() != here.SiloAddress.ToParsableString())
        {
            DeactivateOnIdle();
            throw new UnavailableException(ErrorCodes.ClusterUnavailable, "The silo cannot be asked from here now.", TimeSpan.FromSeconds(1));
        }
    }
}
