namespace Granary.Silo.Security;

internal sealed partial class CertificateWatch
{
    [LoggerMessage(1, LogLevel.Warning, "SILO_TLS_CERTIFICATE ends on {ValidUntil:u}, in {Days} days: renew it and start the silos again, one after the other")]
    private static partial void LogEndsSoon(ILogger logger, DateTime validUntil, int days);

    [LoggerMessage(2, LogLevel.Error, "SILO_TLS_CERTIFICATE has ended on {ValidUntil:u}: silos refuse new connections. Renew it and start the silos again, one after the other")]
    private static partial void LogEnded(ILogger logger, DateTime validUntil);
}
