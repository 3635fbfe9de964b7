using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

internal sealed partial class GroupWriter
{
    [LoggerMessage(3, LogLevel.Error, "The log of the data folder {Folder} cannot be copied into the database: {Problem} Nothing is lost; the log grows until it works again.")]
    private partial void LogCopyFails(string folder, string problem, Exception exception);
}
