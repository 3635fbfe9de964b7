using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Chain;

/// <summary>
/// Checks the health of a chain's providers, each in its interval, and takes over what other processes registered. After an error it waits a minute.
/// </summary>
internal sealed partial class ProviderWatch(ProviderRegistry registry, ProviderChecks checks, HealthMonitor monitor, TimeProvider time, ILogger<ProviderWatch> logger)
    : BackgroundService
{
    /// <summary>The longest sleep: others' changes are noticed within it.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(60);

    /// <summary>Checks the providers that are due, and says when the next is.</summary>
    internal async Task<TimeSpan> WatchOnceAsync(CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var watched = registry.Members.Where(member => member.Entry.Enabled && member.State.Provider is not null).ToList();
        await Task.WhenAll(watched.Where(member => DueAt(member) <= now).Select(member => checks.CheckAsync(member, cancellationToken))).ConfigureAwait(false);
        var next = watched.Select(DueAt).Append(now + Interval).Min() - time.GetUtcNow();
        return next > TimeSpan.FromSeconds(1) ? next : TimeSpan.FromSeconds(1);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        monitor.Alerted += Tell;
        try
        {
            while (true)
            {
                var pause = AfterError;
                try
                {
                    pause = await WatchOnceAsync(stoppingToken).ConfigureAwait(false);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(logger, error);
                }

                await Task.Delay(pause, time, stoppingToken).ConfigureAwait(false);
            }
        }
        finally
        {
            monitor.Alerted -= Tell;
        }
    }

    private static DateTimeOffset DueAt(ChainMember member) =>
        member.State.LastCheck is { } check ? check.At + TimeSpan.FromSeconds(member.Entry.HealthCheckInterval) : DateTimeOffset.MinValue;

    private void Tell(ProviderAlert alert) => LogAlert(logger, alert.Severity, alert.Message);

    [LoggerMessage(1, LogLevel.Warning, "{Severity}: {Message}")]
    private static partial void LogAlert(ILogger logger, AlertSeverity severity, string message);

    [LoggerMessage(2, LogLevel.Warning, "The memory providers could not be looked after; it is tried again in a minute")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
