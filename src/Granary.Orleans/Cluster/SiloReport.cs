using Granary.Core.Storage;

namespace Granary.Orleans.Cluster;

/// <summary>A silo's own figures, and whether its store answers.</summary>
internal sealed class SiloReport(SiloServices silo)
{
    private readonly HealthProbe _health = new(silo.Store);

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

    public ValueTask<MemoryHealth> HealthAsync(CancellationToken cancellationToken) => _health.AskAsync(cancellationToken);
}
