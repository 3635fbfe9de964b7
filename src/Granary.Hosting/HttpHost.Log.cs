namespace Granary.Hosting;

internal sealed partial class HttpHost
{
    [LoggerMessage(1, LogLevel.Warning, "{Setting} is set, but has no effect in this version")]
    private static partial void LogWithoutEffect(ILogger logger, string setting);

    [LoggerMessage(2, LogLevel.Warning, "Listening on {Address} without keys: whoever reaches this address can read and write everything")]
    private static partial void LogAnonymous(ILogger logger, string address);
}
