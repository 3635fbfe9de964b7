using Granary.Testing.Postgres;

namespace Granary.Storage.Postgres.Tests;

/// <summary>The one server of this assembly for tests that do not stop it; ends with the process.</summary>
internal static class SharedServer
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync());

    public static Task<PostgresServer> GetAsync() => Server.Value;

    /// <summary>A new database.</summary>
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateDatabaseAsync() => await (await GetAsync()).CreateDatabaseAsync();
}
