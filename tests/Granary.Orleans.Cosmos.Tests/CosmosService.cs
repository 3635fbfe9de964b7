using System.Diagnostics;
using Granary.Orleans.Conformance;
using Granary.Orleans.Providers;

namespace Granary.Orleans.Cosmos.Tests;

/// <summary>
/// Cosmos: the stand-in, or, where the variable GRANARY_TEST_COSMOS has a connection string without a database, that account or emulator with
/// a database of these tests' own.
/// </summary>
public sealed class CosmosService : ProviderService
{
    private readonly int _port = ProviderHost.FreePort();
    private Process? _process;

    /// <summary>The connection string of a real account or emulator, if there is one.</summary>
    public static string? Account { get; } = Environment.GetEnvironmentVariable("GRANARY_TEST_COSMOS");

    public override IClusterProvider Provider { get; } = new CosmosProvider();

    public override string Connection => field ??= Account is null
        ? $"AccountEndpoint=http://127.0.0.1:{_port}/;AccountKey=c3RhbmQtaW4=;Database=granary;Mode=Gateway"
        : $"{Account.TrimEnd(';')};Database={ProviderHost.NewName("granary-test")}";

    public override ProviderUses Uses =>
        ProviderUses.Reminders | ProviderUses.GrainStorage | (Account is null ? ProviderUses.None : ProviderUses.Clustering);

    public override async Task InitializeAsync()
    {
        if (Account is null)
        {
            if (StandIn.Problem is not null)
            {
                return;
            }

            _process = await StandIn.StartAsync(_port);
        }

        await Provider.PrepareAsync(Uses, Connection);
    }

    public override async Task DisposeAsync()
    {
        if (Account is not null)
        {
            var connection = CosmosConnection.Parse(Connection);
            using var client = connection.CreateClient();
            await client.GetDatabase(connection.Database).DeleteAsync();
        }

        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
