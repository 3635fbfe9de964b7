using Granary.Orleans.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Orleans.Activations;

/// <summary>
/// Sends idle activations away, the longest idle first, when there are more than the settings allow or memory runs short. Orleans' own shedding goes by
/// the time an activation was scheduled for collection, so it would send the busiest away before the idle.
/// </summary>
internal sealed partial class Governor(SiloServices silo, IMemoryProbe memory, ILogger<Governor> logger) : BackgroundService
{
    /// <summary>How long an activation must be idle to leave for want of memory: what is in use stays.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    /// <summary>After how long unused a session gives back what it can make again.</summary>
    private static readonly TimeSpan TrimAfter = TimeSpan.FromMinutes(1);

    /// <summary>The most activations that leave at once: leaving is work too, and memory is looked at again right after.</summary>
    private const int Step = 1_000;

    private bool _isShort;
    private bool _hasWarned;

    /// <summary>Looks once.</summary>
    /// <returns>How many were sent away.</returns>
    public int Look()
    {
        var (sessions, users) = (silo.Activations.Sessions, silo.Activations.Users);
        var left = EvictSurplus(sessions, silo.Options.MaxSessions, "there are more sessions than MaxSessions")
            + EvictSurplus(users, silo.Options.MaxUsers, "there are more users than MaxUsers");
        left += RelieveMemory();
        sessions.Trim(TrimAfter);
        sessions.KeepWorking();
        return left;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Memory does not wait for the clock of the sessions.
        using var timer = new PeriodicTimer(silo.Options.GovernorInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    Look();
                }
                catch (Exception exception)
                {
                    LogFailed(logger, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private int EvictSurplus(ActivationTracker tracker, int most, string reason)
    {
        var surplus = tracker.Count - most;
        if (surplus <= 0)
        {
            return 0;
        }

        // A twentieth more than needed, so that it is rare; of those only who was not used since the last look.
        return tracker.Evict(surplus, TimeSpan.Zero, reason) + tracker.Evict(most / 20, silo.Options.GovernorInterval, reason);
    }

    private int RelieveMemory()
    {
        var used = memory.UsedShare();
        if (!double.IsFinite(used) || used < silo.Options.MemoryLimit)
        {
            (_isShort, _hasWarned) = (false, false);
            return 0;
        }

        if (!_isShort)
        {
            // Garbage may be all that is too much: who leaves is seen to at the next look, if it was not.
            _isShort = true;
            memory.Collect();
            return 0;
        }

        // By the share that is too much, at least a twentieth, at most a step; the longest idle first.
        var share = Math.Clamp((used - silo.Options.MemoryTarget) / used, 0.05, 1);
        var left = Evict(silo.Activations.Sessions, share) + Evict(silo.Activations.Users, share);
        if (left == 0)
        {
            if (!_hasWarned)
            {
                _hasWarned = true;
                LogNothingIdle(logger, used);
            }

            return 0;
        }

        LogRelieved(logger, left, used);
        memory.Collect();
        return left;
    }

    private static int Evict(ActivationTracker tracker, double share) =>
        tracker.Evict(Math.Min(Step, (int)Math.Ceiling(tracker.Count * share)), Idle, "memory runs short");

    [LoggerMessage(1, LogLevel.Warning, "The governor failed; it looks again with its next tick")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "The {Count} longest idle activations left: {Used:P0} of the memory were in use")]
    private static partial void LogRelieved(ILogger logger, int count, double used);

    [LoggerMessage(3, LogLevel.Warning, "{Used:P0} of the memory are in use and nothing has been idle for 30 s: lower MAX_SESSIONS or add a silo")]
    private static partial void LogNothingIdle(ILogger logger, double used);
}
