using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Cluster;

/// <summary>The memory as a client of the cluster sees it: it holds nothing itself.</summary>
internal sealed class ClientMemory(IGrainFactory grains, Silos silos, IHostApplicationLifetime? lifetime = null)
    : ClusterMemory(grains, TimeProvider.System, lifetime?.ApplicationStopping ?? CancellationToken.None)
{
    public override IResourceCatalog Resources(string tenant) => new ClientResources(Grains, Ids.Require(tenant, "tenant_id"));

    /// <summary>The figures of all silos together.</summary>
    public override async ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default)
    {
        var all = await ClusterCalls.GuardAsync(AskAllAsync, cancellationToken).ConfigureAwait(false);
        var sessions = all.Sum(s => s.TotalSessions);
        return new ActivationStats
        {
            TotalSessions = sessions,
            TotalUsers = all.Sum(s => s.TotalUsers),
            MaxCapacity = all.Sum(s => s.MaxCapacity),
            TtlSeconds = all.Max(s => s.TtlSeconds),
            AvgAgeSeconds = sessions == 0 ? 0 : Math.Round(all.Sum(s => s.AvgAgeSeconds * s.TotalSessions) / sessions, 3),
            OldestAgeSeconds = all.Max(s => s.OldestAgeSeconds),
            Hits = all.Sum(s => s.Hits),
            Misses = all.Sum(s => s.Misses),
            Evictions = all.Sum(s => s.Evictions),
        };
    }

    /// <summary>What any one of the silos says of the store, which they share.</summary>
    public override async ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var active = await silos.ActiveAsync().ConfigureAwait(false);
            return active.Count == 0
                ? Unreachable()
                : await silos.AskAsync(active[Random.Shared.Next(active.Count)], static silo => silo.GetHealthAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or ObjectDisposedException or UnavailableException)
        {
            return Unreachable();
        }
    }

    private async Task<ActivationStats[]> AskAllAsync()
    {
        var active = await silos.ActiveAsync().ConfigureAwait(false);
        if (active.Count == 0)
        {
            throw new UnavailableException(ErrorCodes.ClusterUnavailable, "The cluster has no active silo.", TimeSpan.FromSeconds(1));
        }

        return await Task.WhenAll(active.Select(silo => silos.AskAsync(silo, static grain => grain.GetStatsAsync()))).ConfigureAwait(false);
    }

    private static MemoryHealth Unreachable() =>
        new("unhealthy", StoreReadable: false, StoreWritable: false, StoreLatencyMs: 0, "The cluster does not answer.");
}
