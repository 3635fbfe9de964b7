using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

internal sealed partial class WriteHealth
{
    [LoggerMessage(1, LogLevel.Error, "Writing to the data folder {Folder} fails: {Problem} Reading goes on; writes are refused until it works again.")]
    private partial void LogWritingFails(string folder, string problem, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "Writing to the data folder {Folder} works again, after {Failures} failed transactions in {Duration}.")]
    private partial void LogWritingRecovered(string folder, long failures, TimeSpan duration);
}
