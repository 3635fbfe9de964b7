using Granary.Providers.Chain;
using Granary.Wire;

namespace Granary.Http.Endpoints.Providers;

/// <summary>What is known of memory providers, in the words of answers.</summary>
internal sealed class ProviderReports(ProviderRegistry registry, HealthMonitor monitor, FailoverManager failover, TimeProvider time)
{
    private const int Digits = 4;

    public ProviderView ViewOf(ChainMember member) => new()
    {
        Name = member.Name,
        ProviderType = member.Entry.ProviderType,
        ConnectionName = member.Entry.ConnectionName,
        Status = member.StatusAt(time.GetUtcNow()),
        Priority = member.Entry.Priority,
        Enabled = member.Entry.Enabled,
        HealthCheckInterval = member.Entry.HealthCheckInterval,
        Timeout = member.Entry.Timeout,
        RetryAttempts = member.Entry.RetryAttempts,
        Metadata = member.Entry.Metadata,
        FromSettings = member.FromSettings,
    };

    /// <summary>How a provider is.</summary>
    /// <param name="member">The provider.</param>
    /// <param name="hours">Hours of trends; 0 for none.</param>
    public ProviderHealthResponse HealthOf(ChainMember member, int hours)
    {
        var now = time.GetUtcNow();
        var figures = monitor.FiguresOf(member.Name);
        var sums = figures.Sums;
        return new ProviderHealthResponse
        {
            Name = member.Name,
            Status = member.StatusAt(now),
            Health = figures.Status,
            HealthScore = Math.Round(figures.Score, Digits),
            PerformanceScore = Math.Round(failover.History.FiguresOf(member.Name, now).Performance, Digits),
            Uptime = Math.Round(sums.Uptime, Digits),
            ErrorRate = Math.Round(sums.ErrorRate, Digits),
            MeanResponseTimeMs = Math.Round(sums.MeanMs, 3),
            ConsecutiveFailures = figures.FailuresInRow,
            Checks = sums.Checks,
            Calls = sums.Calls,
            LastCheck = member.State.LastCheck is { } check
                ? new ProviderCheckView(check.At, check.Health.Healthy, check.Health.ResponseTimeMs, check.Health.Error)
                : null,
            Alerts = [.. monitor.Alerts.Where(alert => alert.Provider == member.Name)],
            Trends = hours == 0 ? null : [.. monitor.TrendsOf(member.Name, hours).Select(TrendOf)],
        };
    }

    public ProvidersHealthResponse HealthOfAll(IReadOnlyList<ChainMember> members) => new(
        members.Any(member => member is { IsInUse: true, State.LastCheck.Health.Healthy: true }),
        [.. members.Select(member => HealthOf(member, hours: 0))],
        monitor.Alerts);

    public FailoverStatisticsResponse Statistics()
    {
        var totals = failover.Totals;
        return new FailoverStatisticsResponse(
            totals.Calls,
            totals.Failures,
            totals.Fallbacks,
            failover.History.Count,
            [.. Enum.GetValues<MemoryOperation>().Select(RuleOf)],
            [.. registry.Members.Select(CallsOf)]);
    }

    private static ProviderTrend TrendOf(HourTrend trend) =>
        new(trend.From, trend.Sums.Checks, trend.Sums.FailedChecks, trend.Sums.Calls, trend.Sums.FailedCalls, Math.Round(trend.Sums.MeanMs, 3));

    private FailoverRuleView RuleOf(MemoryOperation operation)
    {
        var rule = failover.RuleOf(operation);
        return new FailoverRuleView(operation, rule.Strategy, rule.Attempts, (int)rule.RetryDelay.TotalMilliseconds, (int)rule.Timeout.TotalMilliseconds);
    }

    private ProviderCallsView CallsOf(ChainMember member)
    {
        var figures = failover.History.FiguresOf(member.Name, time.GetUtcNow());
        var circuits = Enum.GetValues<MemoryOperation>()
            .Select(operation => (Operation: operation, Breaker: member.State.BreakerOf(operation)))
            .Where(one => one.Breaker.Failures > 0 || one.Breaker.State != CircuitState.Closed)
            .Select(one => new CircuitView(one.Operation, one.Breaker.State, one.Breaker.Failures, one.Breaker.OpenUntil))
            .ToList();
        return new ProviderCallsView(
            member.Name,
            figures.Calls,
            figures.Calls == 0 ? null : Math.Round((double)figures.Successes / figures.Calls, Digits),
            Math.Round(figures.MeanMs, 3),
            Math.Round(figures.Performance, Digits),
            Math.Round(monitor.FiguresOf(member.Name).Score, Digits),
            circuits);
    }
}
