namespace Granary.Providers.Chain;

/// <summary>The scores by which providers are compared, 0 to 1. The formulas are those of the provider layer that this one stands in for.</summary>
internal static class ProviderScores
{
    /// <summary>The performance of a provider of which nothing is known.</summary>
    public const double UnknownPerformance = 0.5;

    private const double Least = 0.1;

    /// <summary>
    /// The health score: the status (healthy 1, degraded 0.7, unhealthy 0.3, critical 0.1, unknown 0) times the uptime times what is not errors, times a
    /// factor for the mean latency: 1 up to a second, then less by a tenth for each second, not below 0.1.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="uptime">The share of checks that were well, 0 to 1.</param>
    /// <param name="errorRate">The share of calls that failed, 0 to 1.</param>
    /// <param name="meanMs">Milliseconds that a call took on average.</param>
    public static double Health(ProviderHealthStatus status, double uptime, double errorRate, double meanMs)
    {
        var latency = meanMs > 1_000 ? Math.Max(Least, 1 - ((meanMs - 1_000) / 10_000)) : 1;
        return ValueOf(status) * uptime * (1 - errorRate) * latency;
    }

    /// <summary>
    /// The performance score: the share of calls that succeeded, times a factor for their mean latency (1 up to 100 ms, then less by a tenth for each
    /// 100 ms, not below 0.1), times one for how long ago the last was (falling over an hour, not below 0.1), times one for the failures since the last
    /// success (a tenth less for each, down to 0). 0.5 without calls.
    /// </summary>
    /// <param name="calls">Calls.</param>
    /// <param name="successes">Those that succeeded.</param>
    /// <param name="meanMs">Milliseconds that they took on average.</param>
    /// <param name="age">Time since the last.</param>
    /// <param name="failuresInRow">Failures since the last success.</param>
    public static double Performance(int calls, int successes, double meanMs, TimeSpan age, int failuresInRow)
    {
        if (calls == 0)
        {
            return UnknownPerformance;
        }

        var latency = meanMs > 100 ? Math.Max(Least, 1 - ((meanMs - 100) / 1_000)) : 1;
        var recency = Math.Clamp(1 - age.TotalHours, Least, 1);
        return (double)successes / calls * latency * recency * Math.Max(0, 1 - (failuresInRow / 10d));
    }

    /// <summary>The hybrid score: 0.4 health score + 0.4 performance score + 0.2 / (priority + 1).</summary>
    public static double Hybrid(double health, double performance, int priority) => (0.4 * health) + (0.4 * performance) + (0.2 / (priority + 1));

    private static double ValueOf(ProviderHealthStatus status) => status switch
    {
        ProviderHealthStatus.Healthy => 1,
        ProviderHealthStatus.Degraded => 0.7,
        ProviderHealthStatus.Unhealthy => 0.3,
        ProviderHealthStatus.Critical => 0.1,
        _ => 0,
    };
}
