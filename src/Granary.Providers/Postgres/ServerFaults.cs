using System.Net.Sockets;
using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>Failures of the server, or of the way to it, as callers are told them: without content, addresses and secrets.</summary>
internal static class ServerFaults
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Whether an exception is one of the server or of the way to it.</summary>
    public static bool Is(Exception exception) => exception is NpgsqlException or TimeoutException or IOException or SocketException;

    /// <summary>The error that a caller gets.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="exception">What went wrong; not kept as the cause, for its text may repeat what nobody else may read.</param>
    public static UnavailableException ToError(string provider, Exception exception) =>
        new(ErrorCodes.ProviderUnavailable, $"The memory provider '{provider}' failed: {Describe(exception)}", Soon);

    /// <summary>What failed and what helps.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException e => $"{Of(e.SqlState)} (SQLSTATE {e.SqlState}).",
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => "PostgreSQL took too long, or no connection was free in time.",
        NpgsqlException { InnerException: SocketException e } => $"PostgreSQL cannot be reached ({e.SocketErrorCode}).",
        SocketException e => $"PostgreSQL cannot be reached ({e.SocketErrorCode}).",
        _ => "the connection to PostgreSQL was lost.",
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static string Of(string state) => state switch
    {
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "PostgreSQL ended the connection",
        PostgresErrorCodes.CannotConnectNow => "PostgreSQL is starting or stopping",
        PostgresErrorCodes.TooManyConnections => "PostgreSQL has no connection free",
        PostgresErrorCodes.DiskFull => "PostgreSQL's disk is full",
        PostgresErrorCodes.ReadOnlySqlTransaction => "PostgreSQL is read-only: connect to the primary server",
        PostgresErrorCodes.QueryCanceled => "PostgreSQL cancelled the statement",
        PostgresErrorCodes.LockNotAvailable => "PostgreSQL waited too long for a lock",
        PostgresErrorCodes.InsufficientPrivilege =>
            "PostgreSQL refuses: the user needs CREATE on the database once, and then USAGE on the schema and SELECT, INSERT, UPDATE, DELETE on its tables",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "PostgreSQL refuses the user",
        PostgresErrorCodes.InvalidCatalogName => "the database does not exist",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => "the tables are gone; a restart makes new ones",
        _ => "PostgreSQL failed",
    };
}
