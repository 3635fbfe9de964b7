namespace Granary.Silo.Lifetime;

/// <summary>
/// The stop's first part: while the HTTP server still listens (so that load balancers read "not ready" and callers a 503 instead of a
/// refused connection), requests that run finish. Then the server stops, then the silo, whose grains deactivate and which leaves the
/// membership: hosted services stop in the reverse order of their start.
/// </summary>
internal sealed partial class Drain(
    RunningRequests requests, TimeSpan total, IHostApplicationLifetime lifetime, TimeProvider time, TextWriter error, ILogger<Drain> logger)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>What requests get of the time; the rest is the silo's, whose grains wait for calls from other silos as well.</summary>
    private const double RequestShare = 0.6;

    /// <summary>How much longer than it may the process lives at the most, should something not heed its token.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private ITimer? _lastResort;

    /// <summary>Whether everything ended by itself.</summary>
    public bool Complete { get; private set; }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _lastResort ??= time.CreateTimer(_ => GiveUp(), null, total + Grace, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogDraining(logger);
        Complete = true;
        var share = total * RequestShare;
        try
        {
            await requests.DrainAsync().WaitAsync(share, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            Complete = false;
            LogCutOff(logger, requests.Abort(), share.TotalSeconds);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        // Past its time the host cancels this, and the silo has ended without its farewell.
        Complete &= !cancellationToken.IsCancellationRequested;
        return Task.CompletedTask;
    }

    public void Dispose() => _lastResort?.Dispose();

    private void GiveUp()
    {
        error.WriteLine($"granary: the stop did not end within DRAIN_SECONDS ({total.TotalSeconds:0}): ends at once.");
        error.Flush();
        Environment.Exit(SiloExitCodes.StopCutShort);
    }
}
