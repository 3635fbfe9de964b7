using Microsoft.Extensions.Logging;

namespace Granary.Storage.Postgres.Erasing;

internal sealed partial class LeftoverSweeper
{
    [LoggerMessage(20, LogLevel.Warning, "What earlier erasures left could not be deleted at the start: {Problem} The next purge, or the next start, tries again.")]
    private static partial void LogNotSwept(ILogger logger, string problem, Exception exception);
}
