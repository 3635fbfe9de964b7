using Granary.Core.Storage;

namespace Granary.Orleans.Cluster;

/// <summary>A silo's own figures, and whether its store answers.</summary>
internal sealed class SiloReport(SiloServices silo)
{
    private readonly Lock _gate = new();
    private Task<StoreHealth>? _probe;

    public ActivationStats Stats()
    {
        var sessions = silo.Activations.Sessions;
        var ages = sessions.Ages().ToList();
        return new ActivationStats
        {
            TotalSessions = sessions.Count,
            TotalUsers = silo.Activations.Users.Count,
            MaxCapacity = silo.Options.MaxSessions,
            TtlSeconds = silo.Options.IdleTime.TotalSeconds,
            AvgAgeSeconds = ages.Count == 0 ? 0 : Math.Round(ages.Average(), 3),
            OldestAgeSeconds = ages.Count == 0 ? 0 : Math.Round(ages.Max(), 3),
            Hits = sessions.Hits,
            Misses = sessions.Misses,
            Evictions = sessions.Evictions,
        };
    }

    public async ValueTask<MemoryHealth> HealthAsync(CancellationToken cancellationToken)
    {
        // Probes write: however many ask at a time, one is under way.
        Task<StoreHealth> probe;
        lock (_gate)
        {
            probe = _probe is { IsCompleted: false } running ? running : _probe = silo.Store.ProbeAsync(CancellationToken.None).AsTask();
        }

        var health = await probe.WaitAsync(cancellationToken).ConfigureAwait(false);
        var status = !health.Readable ? "unhealthy" : health.Writable ? "healthy" : "degraded";
        return new MemoryHealth(status, health.Readable, health.Writable, Math.Round(health.Latency.TotalMilliseconds, 3), health.Error);
    }
}
