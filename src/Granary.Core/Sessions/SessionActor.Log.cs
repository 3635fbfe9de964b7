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

    [LoggerMessage(4, LogLevel.Warning, "Reflecting on session {Session} failed; nothing was learned, it is tried again")]
    private static partial void LogReflectionFailed(ILogger logger, Exception exception, string session);

    [LoggerMessage(5, LogLevel.Warning, "What session {Session} says could not be compared with what is known; it is added")]
    private static partial void LogReconcilingFailed(ILogger logger, Exception exception, string session);

    [LoggerMessage(6, LogLevel.Warning, "The memory of the user of session {Session} did not tell what it knows; what the session says is added")]
    private static partial void LogLookupFailed(ILogger logger, Exception exception, string session);

    [LoggerMessage(7, LogLevel.Warning, "{Count} of what messages {First} to {Last} of session {Session} say was left out: Granary:Reflection:MaxLearned is {Max}, or its kind or category is not kept")]
    private static partial void LogLeftOut(ILogger logger, int count, string session, long first, long last, int max);
}
