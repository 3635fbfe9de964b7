using Granary.Core.Storage;
using Granary.Embedded;

namespace Granary.Benchmarks;

/// <summary>The HTTP benchmarks of the embedded host over SQLite.</summary>
internal static class EmbeddedHttp
{
    public static async Task StoreAsync()
    {
        var load = new StoreLoad("embedded host (target: ratio >= 0.8)");
        await load.MeasureAsync("SQLite", new SqliteStores(), StartAsync);
        load.Print();
    }

    public static async Task ContextAsync()
    {
        await using var store = await new SqliteStores().OpenAsync();
        await using var granary = await StartAsync(store.Store);
        await ContextLoad.MeasureAsync(granary, "embedded host (target: ratio >= 0.8)");
    }

    private static Task<WebApplication> StartAsync(IPartitionStore store) => WebHosts.GranaryAsync(builder =>
    {
        builder.Services.AddSingleton(store);
        builder.Services.AddGranaryEmbedded(options =>
        {
            options.MaxSessions = 10_000;
            options.Resources = [SampleTurns.UnfoldedResource];
        });
    });
}
