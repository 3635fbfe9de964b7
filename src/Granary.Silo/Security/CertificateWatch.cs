namespace Granary.Silo.Security;

/// <summary>
/// Looks once a day when the certificate between silos ends, and says so from 30 days before: it is read at the start alone, and a silo may run for
/// longer than what was left of it then.
/// </summary>
internal sealed partial class CertificateWatch(SiloIdentity identity, TimeProvider time, ILogger<CertificateWatch> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>How long before its end a certificate is warned of.</summary>
    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    private ITimer? _timer;

    /// <summary>Looks, and goes on doing so.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Look();
        _timer = time.CreateTimer(static watch => ((CertificateWatch)watch!).Look(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var left = identity.ValidUntil - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            LogEnded(logger, identity.ValidUntil.UtcDateTime);
        }
        else if (left <= EndsSoon)
        {
            LogEndsSoon(logger, identity.ValidUntil.UtcDateTime, (int)left.TotalDays);
        }
    }
}
