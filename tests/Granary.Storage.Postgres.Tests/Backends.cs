using Npgsql;

namespace Granary.Storage.Postgres.Tests;

/// <summary>What a test does to the server's side of connections.</summary>
internal static class Backends
{
    /// <summary>Ends all other connections to a database.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<long> KillAllAsync(string connection) =>
        await ScalarAsync<long>(
            connection,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");

    /// <summary>Runs SQL on a connection of its own.</summary>
    /// <returns>The first value of the first row.</returns>
    public static async Task<T> ScalarAsync<T>(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Runs SQL on a connection of its own.</summary>
    public static async Task ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
