namespace Granary.Providers.Chain;

/// <summary>Watches how providers are, and tells when a threshold is passed: once, however often it is seen, until it is no more. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class HealthMonitor(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HealthLog> _logs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProviderAlert> _alerts = new(StringComparer.Ordinal);

    /// <summary>Called with each alert when it begins, outside of any lock.</summary>
    public event Action<ProviderAlert>? Alerted;

    /// <summary>The alerts that hold, the oldest first.</summary>
    public IReadOnlyList<ProviderAlert> Alerts
    {
        get
        {
            lock (_gate)
            {
                return [.. _alerts.Values.OrderBy(alert => alert.Since).ThenBy(alert => alert.Message, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Adds what a health check found.</summary>
    public void AddCheck(string provider, double ms, bool healthy)
    {
        LogOf(provider).AddCheck(ms, healthy);
        Review(provider);
    }

    /// <summary>Adds a call.</summary>
    public void AddCall(string provider, double ms, bool succeeded)
    {
        LogOf(provider).AddCall(ms, succeeded);
        Review(provider);
    }

    /// <summary>The last 24 hours.</summary>
    public HealthFigures FiguresOf(string provider) => LogOf(provider).Figures();

    /// <summary>The hours of which anything is known, oldest first, at most <see cref="HealthLog.Hours"/>.</summary>
    public IReadOnlyList<HourTrend> TrendsOf(string provider, int hours) => LogOf(provider).Trends(hours);

    /// <summary>Forgets a provider.</summary>
    public void Forget(string provider)
    {
        lock (_gate)
        {
            _logs.Remove(provider);
            foreach (var alert in _alerts.Values.Where(alert => alert.Provider == provider).ToList())
            {
                _alerts.Remove(alert.Message);
            }
        }
    }

    private HealthLog LogOf(string provider)
    {
        lock (_gate)
        {
            if (!_logs.TryGetValue(provider, out var log))
            {
                _logs[provider] = log = new HealthLog(time);
            }

            return log;
        }
    }

    private void Review(string provider)
    {
        var figures = FiguresOf(provider);
        var begun = new List<ProviderAlert>();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var passed = figures.Passed()
                .Select(threshold => new ProviderAlert(provider, threshold.Metric, threshold.Severity, $"The memory provider '{provider}' {threshold.Words}.", now))
                .ToList();
            foreach (var over in _alerts.Values.Where(alert => alert.Provider == provider && !passed.Exists(held => held.Message == alert.Message)).ToList())
            {
                _alerts.Remove(over.Message);
            }

            begun.AddRange(passed.Where(alert => _alerts.TryAdd(alert.Message, alert)));
        }

        foreach (var alert in begun)
        {
            Alerted?.Invoke(alert);
        }
    }
}
