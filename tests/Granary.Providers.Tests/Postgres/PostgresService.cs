using Granary.Testing.Postgres;

namespace Granary.Providers.Tests.Postgres;

/// <summary>A server of PostgreSQL as it is installed, without the extension <c>vector</c>, for all tests that need one.</summary>
public sealed class PostgresService : IAsyncLifetime
{
    /// <summary>Why there is none, or null.</summary>
    public static string? Missing { get; } =
        Environment.GetEnvironmentVariable("GRANARY_WITHOUT_POSTGRES") == "true" || !PostgresServer.IsAvailable ? PostgresServer.Missing : null;

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Missing is null)
        {
            Server = await PostgresServer.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresService>
{
    public const string Name = "postgres";
}

public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresService.Missing is { } missing ? $"The memory provider postgres was not tested. {missing}" : null;
}
