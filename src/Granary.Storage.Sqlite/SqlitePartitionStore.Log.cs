using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite;

public sealed partial class SqlitePartitionStore
{
    [LoggerMessage(10, LogLevel.Information, "Opened the data folder {Folder} (schema {SchemaVersion}, SQLite {LibraryVersion}).")]
    private partial void LogOpened(string folder, int schemaVersion, string libraryVersion);

    [LoggerMessage(11, LogLevel.Information, "Closed the data folder {Folder}.")]
    private partial void LogClosed(string folder);
}
