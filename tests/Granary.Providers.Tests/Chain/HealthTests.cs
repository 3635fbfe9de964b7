using Granary.Conformance.Time;
using Granary.Providers.Chain;

namespace Granary.Providers.Tests.Chain;

public sealed class HealthTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(ProviderHealthStatus.Healthy, 1, 0, 1_000, 1)]
    [InlineData(ProviderHealthStatus.Degraded, 1, 0, 2_000, 0.63)]
    [InlineData(ProviderHealthStatus.Unhealthy, 0.9, 0.1, 500, 0.243)]
    [InlineData(ProviderHealthStatus.Critical, 1, 0, 100_000, 0.01)]
    [InlineData(ProviderHealthStatus.Unknown, 1, 0, 0, 0)]
    public void The_health_score_is_status_by_uptime_by_errors_by_latency(ProviderHealthStatus status, double uptime, double errors, double ms, double score) =>
        ProviderScores.Health(status, uptime, errors, ms).ShouldBe(score, 1e-9);

    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0.5)]
    [InlineData(10, 10, 100, 0, 0, 1)]
    [InlineData(10, 5, 600, 0, 0, 0.25)]
    [InlineData(10, 10, 5_000, 0, 0, 0.1)]
    [InlineData(10, 10, 50, 30, 0, 0.5)]
    [InlineData(10, 10, 50, 600, 0, 0.1)]
    [InlineData(10, 8, 50, 0, 2, 0.64)]
    [InlineData(20, 10, 50, 0, 10, 0)]
    public void The_performance_score_is_success_by_latency_by_recency_by_failures(int calls, int successes, double ms, int minutes, int row, double score) =>
        ProviderScores.Performance(calls, successes, ms, TimeSpan.FromMinutes(minutes), row).ShouldBe(score, 1e-9);

    [Fact]
    public void The_hybrid_score_is_two_fifths_each_and_the_priority() => ProviderScores.Hybrid(1, 0.5, 9).ShouldBe(0.62, 1e-9);

    [Fact]
    public void The_history_holds_the_last_thousand_calls()
    {
        var history = new CallHistory();
        for (var i = 0; i < 500; i++)
        {
            history.Add("a", _time.GetUtcNow(), 10, false);
        }

        for (var i = 0; i < 1_200; i++)
        {
            history.Add("b", _time.GetUtcNow(), 10 + (i % 2), i % 4 != 0);
        }

        history.Count.ShouldBe(CallHistory.Capacity);
        history.FiguresOf("a", _time.GetUtcNow()).ShouldBe(new CallFigures(0, 0, 0, 0.5));
        var figures = history.FiguresOf("b", _time.GetUtcNow());
        (figures.Calls, figures.Successes, figures.MeanMs).ShouldBe((1_000, 750, 10.5));
    }

    [Fact]
    public void Nothing_is_known_without_data()
    {
        var figures = new HealthMonitor(_time).FiguresOf("a");
        (figures.Status, figures.Score).ShouldBe((ProviderHealthStatus.Unknown, 0));
    }

    [Theory]
    [InlineData(100, 0, 1_000, ProviderHealthStatus.Healthy)]
    [InlineData(100, 0, 1_001, ProviderHealthStatus.Degraded)]
    [InlineData(100, 0, 5_001, ProviderHealthStatus.Critical)]
    [InlineData(100, 5, 10, ProviderHealthStatus.Healthy)]
    [InlineData(100, 6, 10, ProviderHealthStatus.Unhealthy)]
    [InlineData(100, 10, 10, ProviderHealthStatus.Unhealthy)]
    [InlineData(100, 11, 10, ProviderHealthStatus.Critical)]
    public void The_status_follows_the_thresholds_of_the_last_day(int checks, int failed, double ms, ProviderHealthStatus status)
    {
        var log = new HealthLog(_time);

        // Failures apart from each other, so that they are none in a row.
        for (var i = 0; i < checks; i++)
        {
            log.AddCheck(ms, healthy: i >= failed * 2 || i % 2 == 1);
        }

        log.Figures().Status.ShouldBe(status);
    }

    [Theory]
    [InlineData(2, ProviderHealthStatus.Healthy)]
    [InlineData(3, ProviderHealthStatus.Unhealthy)]
    [InlineData(5, ProviderHealthStatus.Critical)]
    public void Failures_in_a_row_count_also_where_they_are_few(int row, ProviderHealthStatus status)
    {
        var log = new HealthLog(_time);
        for (var i = 0; i < 1_000; i++)
        {
            log.AddCall(10, succeeded: true);
        }

        for (var i = 0; i < row; i++)
        {
            log.AddCall(10, succeeded: false);
        }

        log.Figures().Status.ShouldBe(status);
    }

    [Fact]
    public void Figures_are_of_a_day_and_trends_of_a_week()
    {
        var log = new HealthLog(_time);
        for (var hour = 0; hour < 200; hour++)
        {
            log.AddCheck(10, healthy: hour % 2 == 0);
            log.AddCall(30, succeeded: true);
            _time.Advance(TimeSpan.FromHours(1));
        }

        var figures = log.Figures();
        (figures.Sums.Checks, figures.Sums.FailedChecks, figures.Sums.Calls).ShouldBe((23, 12, 23));
        figures.Sums.MeanMs.ShouldBe(20, 1e-9);
        log.Trends(24).Count.ShouldBe(23);
        var trends = log.Trends(HealthLog.Hours);
        trends.Count.ShouldBe(HealthLog.Hours - 1);
        trends[0].From.ShouldBe(_time.GetUtcNow() - TimeSpan.FromHours(HealthLog.Hours - 1));
        trends[0].Sums.ShouldBe(new HealthSums(1, trends[0].Sums.FailedChecks, 1, 0, 40));
        _time.Advance(TimeSpan.FromDays(8));
        log.Figures().Status.ShouldBe(ProviderHealthStatus.Unknown);
        log.Trends(HealthLog.Hours).ShouldBeEmpty();
    }

    [Fact]
    public void An_alert_is_told_once_while_it_holds_and_again_when_it_comes_back()
    {
        var monitor = new HealthMonitor(_time);
        var told = new List<ProviderAlert>();
        monitor.Alerted += told.Add;
        for (var i = 0; i < 20; i++)
        {
            monitor.AddCall("a", 10, succeeded: true);
        }

        for (var i = 0; i < 4; i++)
        {
            monitor.AddCheck("b", 10, healthy: true);
            monitor.AddCheck("a", 10, healthy: false);
        }

        told.Select(alert => (alert.Provider, alert.Metric, alert.Severity)).ShouldBe(
            [("a", "uptime", AlertSeverity.Critical), ("a", "error_rate", AlertSeverity.Warning), ("a", "consecutive_failures", AlertSeverity.Warning)], ignoreOrder: true);
        monitor.Alerts.Count.ShouldBe(3);
        monitor.AddCheck("a", 10, healthy: true);
        monitor.Alerts.ShouldNotContain(alert => alert.Metric == "consecutive_failures");
        for (var i = 0; i < 3; i++)
        {
            monitor.AddCheck("a", 10, healthy: false);
        }

        told.Count(alert => alert is { Metric: "consecutive_failures", Severity: AlertSeverity.Warning }).ShouldBe(2);
        monitor.Forget("a");
        monitor.Alerts.ShouldBeEmpty();
    }
}
