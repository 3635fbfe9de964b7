namespace Granary.Providers.Chain;

/// <summary>A provider's last 24 hours, held against the thresholds: latency 1 and 5 seconds, errors 5 and 20 %, 3 and 5 failures in a row, uptime 95 and 90 %.</summary>
/// <param name="Sums">What was seen.</param>
/// <param name="FailuresInRow">Failures since the last success, of checks and calls.</param>
internal readonly record struct HealthFigures(HealthSums Sums, int FailuresInRow)
{
    /// <summary>
    /// Unknown without data; critical where anything passed its second threshold; unhealthy where failures, uptime or errors passed their first; degraded
    /// where it takes more than a second on average; otherwise healthy.
    /// </summary>
    public ProviderHealthStatus Status
    {
        get
        {
            if (Sums.Samples == 0)
            {
                return ProviderHealthStatus.Unknown;
            }

            var status = ProviderHealthStatus.Healthy;
            foreach (var (metric, severity, _) in Passed())
            {
                var worse = severity == AlertSeverity.Critical ? ProviderHealthStatus.Critical : metric == "latency" ? ProviderHealthStatus.Degraded : ProviderHealthStatus.Unhealthy;
                status = worse > status ? worse : status;
            }

            return status;
        }
    }

    /// <summary>The health score, 0 to 1.</summary>
    public double Score => ProviderScores.Health(Status, Sums.Uptime, Sums.ErrorRate, Sums.MeanMs);

    /// <summary>The thresholds that are passed, each with words that stay the same while it is.</summary>
    public IEnumerable<(string Metric, AlertSeverity Severity, string Words)> Passed()
    {
        if (Sums.Samples == 0)
        {
            yield break;
        }

        if (Sums.MeanMs > 1_000)
        {
            yield return Sums.MeanMs > 5_000
                ? ("latency", AlertSeverity.Critical, "takes more than 5000 ms on average")
                : ("latency", AlertSeverity.Warning, "takes more than 1000 ms on average");
        }

        if (Sums.ErrorRate > 0.05)
        {
            yield return Sums.ErrorRate > 0.2
                ? ("error_rate", AlertSeverity.Critical, "fails more than 20 % of the time")
                : ("error_rate", AlertSeverity.Warning, "fails more than 5 % of the time");
        }

        if (FailuresInRow >= 3)
        {
            yield return FailuresInRow >= 5
                ? ("consecutive_failures", AlertSeverity.Critical, "failed 5 times or more in a row")
                : ("consecutive_failures", AlertSeverity.Warning, "failed 3 times or more in a row");
        }

        if (Sums.Uptime < 0.95)
        {
            yield return Sums.Uptime < 0.9
                ? ("uptime", AlertSeverity.Critical, "was up less than 90 % of the time")
                : ("uptime", AlertSeverity.Warning, "was up less than 95 % of the time");
        }
    }
}
