using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

internal sealed partial class Housekeeping
{
    [LoggerMessage(3, LogLevel.Error, "The log of the data folder {Folder} cannot be copied into the database: {Problem} Nothing is lost; the log grows until it works again.")]
    private partial void LogCopyFails(string folder, string problem, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The database in {Folder} cannot be written anew after erasures: {Problem} Traces of erased text may stay in unused parts of its pages until it can.")]
    private partial void LogCompactionFails(string folder, string problem, Exception exception);
}
