using System.Net.Sockets;
using Npgsql;

namespace Granary.Storage.Postgres;

/// <summary>What a failure of the server or of the way to it means, in words that hold no content, address or secret.</summary>
internal static class ServerErrors
{
    /// <summary>Whether the connection or the server went away, rather than a statement failing.</summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        PostgresException e => e.SqlState.StartsWith("57P", StringComparison.Ordinal) || e.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException => true,
        _ => false,
    };

    /// <summary>One sentence or two: what failed and what helps.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException e => $"{Of(e.SqlState)} (SQLSTATE {e.SqlState}).",
        NpgsqlException { InnerException: TimeoutException } =>
            "PostgreSQL took longer than Granary:Postgres:CommandTimeout allows: look for locks and load on the server.",
        NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            "PostgreSQL cannot be reached (connection refused): start it, or correct Granary:Postgres:ConnectionString.",
        NpgsqlException { InnerException: SocketException e } => $"PostgreSQL cannot be reached ({e.SocketErrorCode}).",
        NpgsqlException => "The connection to PostgreSQL was lost.",
        _ => $"The store failed ({exception.GetType().Name}).",
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static string Of(string state) => state switch
    {
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "PostgreSQL ended the connection",
        PostgresErrorCodes.CannotConnectNow => "PostgreSQL is starting or stopping",
        PostgresErrorCodes.TooManyConnections => "PostgreSQL has no connection free: raise max_connections, or lower Granary:Postgres:MaxReaders",
        PostgresErrorCodes.DiskFull => "PostgreSQL's disk is full: free space on the server",
        PostgresErrorCodes.ReadOnlySqlTransaction => "PostgreSQL is read-only: connect to the primary server (Target Session Attributes=primary)",
        PostgresErrorCodes.LockNotAvailable => "PostgreSQL waited for a lock for longer than Granary:Postgres:CommandTimeout: look for long transactions on the server",
        PostgresErrorCodes.QueryCanceled => "PostgreSQL cancelled the statement",
        PostgresErrorCodes.InsufficientPrivilege => "PostgreSQL refuses: a right of the user was taken away",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            "PostgreSQL refuses the user: correct Username and Password in Granary:Postgres:ConnectionString",
        PostgresErrorCodes.InvalidCatalogName => "The database does not exist: create it, or correct Database in Granary:Postgres:ConnectionString",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName =>
            "The store's tables are gone: restore them from a backup, or restart to make new ones",
        _ => "PostgreSQL failed",
    };
}
