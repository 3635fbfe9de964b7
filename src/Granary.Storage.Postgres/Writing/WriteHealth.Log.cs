using Microsoft.Extensions.Logging;

namespace Granary.Storage.Postgres.Writing;

internal sealed partial class WriteHealth
{
    [LoggerMessage(1, LogLevel.Error, "Writing to the database {Database} fails: {Problem} The outcome of the writes in flight is unknown to their callers; later ones try again.")]
    private partial void LogWritingFails(string database, string problem, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "Writing to the database {Database} works again, after {Failures} failures in {Duration}.")]
    private partial void LogWritingRecovered(string database, long failures, TimeSpan duration);
}
