using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http;

internal sealed partial class GranaryMiddleware
{
    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed unexpectedly (trace {TraceId})")]
    private static partial void LogUnexpected(ILogger logger, Exception error, string method, PathString path, string traceId);

    // Without the stack: the store tells its own failure once, and a failing disk meets every request.
    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path} cannot be done now: {Code}: {Detail} (trace {TraceId})")]
    private static partial void LogUnavailable(ILogger logger, string method, PathString path, string code, string detail, string traceId);

    [LoggerMessage(3, LogLevel.Debug, "{Method} {Path} refused with {Status}: {Detail} (trace {TraceId})")]
    private static partial void LogRefused(ILogger logger, string method, PathString path, int status, string detail, string traceId);

    [LoggerMessage(4, LogLevel.Debug, "{Method} {Path}: the caller has gone")]
    private static partial void LogGone(ILogger logger, string method, PathString path);
}
