using Granary.Testing.Postgres;

namespace Granary.Orleans.Benchmarks;

/// <summary>The HTTP benchmarks of a silo.</summary>
internal static class SiloHttp
{
    public static async Task StoreAsync()
    {
        var load = new StoreLoad("one silo (target: ratio >= 0.7)");
        await load.MeasureAsync("SQLite", new SqliteStores(), Silos.StartAsync);
        if (PostgresServer.IsAvailable)
        {
            await using var server = await PostgresServer.StartAsync();
            await load.MeasureAsync("PostgreSQL", new PostgresStores(server), Silos.StartAsync);
        }
        else
        {
            Console.WriteLine(PostgresServer.Missing);
        }

        load.Print();
    }

    public static async Task ContextAsync()
    {
        await using var store = await new SqliteStores().OpenAsync();
        await using var granary = await Silos.StartAsync(store.Store);
        await ContextLoad.MeasureAsync(granary, "one silo (target: ratio >= 0.7)");
    }
}
