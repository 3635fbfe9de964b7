using Granary.Conformance.Providers;
using Granary.Conformance.Time;
using Granary.Core.Recall;
using Granary.Providers.Postgres;
using Npgsql;

namespace Granary.Providers.Tests.Postgres;

/// <summary>A provider over a schema of its own.</summary>
internal sealed class PostgresFixture : ProviderFixture
{
    private const string Password = "hunter2-of-the-database";

    private readonly string _connection;
    private readonly int _connections;
    private readonly List<PostgresMemoryProvider> _opened = [];

    public PostgresFixture(string connection, IEmbedder? embedder = null, Action<PostgresProviderOptions>? configure = null, int connections = 4)
    {
        (_connection, _connections) = (connection, connections);
        Provider = Open(embedder, configure);
    }

    /// <summary>The schema.</summary>
    public string Schema { get; } = $"t_{Guid.NewGuid():n}";

    public ManualTimeProvider Time { get; } = new();

    public override PostgresMemoryProvider Provider { get; }

    public override IReadOnlyList<string> Secrets => [Password];

    /// <summary>Another provider over the same schema.</summary>
    public PostgresMemoryProvider Open(IEmbedder? embedder = null, Action<PostgresProviderOptions>? configure = null)
    {
        var options = new PostgresProviderOptions { ConnectionString = _connection, Schema = Schema, MaxConnections = _connections, CommandTimeout = TimeSpan.FromMinutes(1) };
        configure?.Invoke(options);
        var provider = new PostgresMemoryProvider(options, embedder, Time);
        _opened.Add(provider);
        return provider;
    }

    public override Task TickAsync()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        return Task.CompletedTask;
    }

    public override Task<IMemoryProvider?> OpenBrokenAsync() => Task.FromResult<IMemoryProvider?>(Open(
        null, options => options.ConnectionString = $"Host=127.0.0.1;Port=1;Username=granary;Database=granary;Password={Password}"));

    /// <summary>Runs SQL beside the providers; <c>{s}</c> stands for the schema.</summary>
    public async Task<object?> SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql.Replace("{s}", Schema, StringComparison.Ordinal), connection);
        return await command.ExecuteScalarAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var provider in _opened)
        {
            await provider.DisposeAsync();
        }

        await SqlAsync("DROP SCHEMA IF EXISTS {s} CASCADE");
    }
}
