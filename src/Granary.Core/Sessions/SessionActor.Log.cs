using Microsoft.Extensions.Logging;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    [LoggerMessage(1, LogLevel.Warning, "Summarizing session {Session} failed; nothing was folded, it is tried again")]
    private static partial void LogSummarizerFailed(ILogger logger, Exception exception, string session);

    [LoggerMessage(2, LogLevel.Error, "Compacting session {Session} failed")]
    private static partial void LogCompactionFailed(ILogger logger, Exception exception, string session);

    [LoggerMessage(3, LogLevel.Warning, "Session {Session} could not reach its user; it tries again within a minute")]
    private static partial void LogDeliveryFailed(ILogger logger, Exception exception, string session);
}
