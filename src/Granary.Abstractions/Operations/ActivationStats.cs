namespace Granary;

/// <summary>Figures of the activations of one process.</summary>
public sealed record ActivationStats
{
    /// <summary>Sessions in memory.</summary>
    public required int TotalSessions { get; init; }

    /// <summary>Users in memory.</summary>
    public required int TotalUsers { get; init; }

    /// <summary>Sessions with acknowledged messages that are not durable: always 0.</summary>
    public int DirtySessions => 0;

    /// <summary>Sessions that may be in memory.</summary>
    public required int MaxCapacity { get; init; }

    /// <summary><see cref="TotalSessions"/> by <see cref="MaxCapacity"/>.</summary>
    public double Utilization => MaxCapacity == 0 ? 0 : Math.Round((double)TotalSessions / MaxCapacity, 4);

    /// <summary>Seconds without a call after which a session leaves memory.</summary>
    public required double TtlSeconds { get; init; }

    /// <summary>Mean seconds since the sessions in memory were last used.</summary>
    public required double AvgAgeSeconds { get; init; }

    /// <summary>Seconds since the longest unused session was last used.</summary>
    public required double OldestAgeSeconds { get; init; }

    /// <summary>Calls that found their session in memory.</summary>
    public required long Hits { get; init; }

    /// <summary>Calls that had to load their session.</summary>
    public required long Misses { get; init; }

    /// <summary><see cref="Hits"/> by all calls, 1 when there were none.</summary>
    public double HitRate => Hits + Misses == 0 ? 1 : Math.Round((double)Hits / (Hits + Misses), 4);

    /// <summary>Sessions that left memory because of <see cref="TtlSeconds"/> or <see cref="MaxCapacity"/>.</summary>
    public required long Evictions { get; init; }
}
