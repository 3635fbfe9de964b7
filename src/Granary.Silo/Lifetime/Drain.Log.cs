namespace Granary.Silo.Lifetime;

internal sealed partial class Drain
{
    [LoggerMessage(1, LogLevel.Information, "Stopping: new requests are refused, those that run finish, then the silo leaves the cluster")]
    private static partial void LogDraining(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "{Count} requests took longer than the {Seconds} seconds that a stop has for them, and are cut off")]
    private static partial void LogCutOff(ILogger logger, int count, double seconds);
}
