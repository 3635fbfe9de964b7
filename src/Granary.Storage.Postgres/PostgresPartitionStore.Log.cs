using Microsoft.Extensions.Logging;

namespace Granary.Storage.Postgres;

public sealed partial class PostgresPartitionStore
{
    [LoggerMessage(10, LogLevel.Information, "Opened the database {Database}, schema {Schema} (version {SchemaVersion}, PostgreSQL {ServerVersion}).")]
    private partial void LogOpened(string database, string schema, int schemaVersion, string serverVersion);

    [LoggerMessage(11, LogLevel.Information, "Closed the database {Database}.")]
    private partial void LogClosed(string database);

    [LoggerMessage(12, LogLevel.Information, "Brought schema {Schema} of the database {Database} from version {From} to {To}.")]
    private partial void LogMigrated(string schema, string database, int from, int to);

    [LoggerMessage(13, LogLevel.Warning, "The server of the database {Database} runs with fsync=off: what it acknowledges is lost when its machine fails. Set fsync=on in postgresql.conf.")]
    private partial void LogNoSync(string database);
}
