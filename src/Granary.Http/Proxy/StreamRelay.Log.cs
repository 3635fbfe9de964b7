using Microsoft.Extensions.Logging;

namespace Granary.Http.Proxy;

internal sealed partial class StreamRelay
{
    [LoggerMessage(1, LogLevel.Warning, "A provider's stream broke off")]
    private static partial void LogBroken(ILogger logger, Exception error);

    [LoggerMessage(2, LogLevel.Error, "An answer of session {SessionId} could not be stored")]
    private static partial void LogNotStored(ILogger logger, Exception error, string sessionId);
}
