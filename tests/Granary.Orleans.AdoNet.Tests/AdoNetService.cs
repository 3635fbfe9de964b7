using Granary.Orleans.Conformance;
using Granary.Orleans.Providers;
using Granary.Testing.Postgres;
using Npgsql;

namespace Granary.Orleans.AdoNet.Tests;

/// <summary>A PostgreSQL server with one database that the provider has prepared.</summary>
public sealed class AdoNetService : ProviderService
{
    private const string Database = "cluster";
    private PostgresServer? _server;

    public override IClusterProvider Provider { get; } = new AdoNetProvider();

    public override string Connection => ConnectionTo(Database);

    public override ProviderUses Uses => ProviderUses.Clustering | ProviderUses.Reminders | ProviderUses.GrainStorage;

    private PostgresServer Server => _server ?? throw new InvalidOperationException(PostgresServer.Missing);

    public override async Task InitializeAsync()
    {
        if (PostgresServer.IsAvailable)
        {
            _server = await PostgresServer.StartAsync();
            await CreateDatabaseAsync(Database);
            await Provider.PrepareAsync(Uses, Connection);
        }
    }

    public override async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>The connection string of a database for a role.</summary>
    public string ConnectionTo(string database, string user = PostgresServer.User) =>
        new NpgsqlConnectionStringBuilder(Server.ConnectionString(database)) { Username = user, MaxPoolSize = 20 }.ConnectionString;

    /// <summary>An empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await Server.CreateDatabaseAsync(name);
        return ConnectionTo(name);
    }

    /// <summary>Runs SQL.</summary>
    public static async Task ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value that a query answers.</summary>
    public static async Task<object?> QueryAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
