namespace Granary.Orleans.Benchmarks;

/// <summary>Whether a context call within a silo costs memory by the length of the session: 200 turns against 10.</summary>
internal static class Allocations
{
    private const int Small = 10;
    private const int Large = 200;
    private const int Rounds = 9;
    private const int Calls = 20_000;

    public static async Task RunAsync()
    {
        await using var store = await new SqliteStores().OpenAsync();
        await using var silo = await Silos.StartAsync(store.Store);
        var memory = silo.Services.GetRequiredService<IMemoryCluster>();
        var small = memory.Session(new SessionKey("bench", "user", "small"));
        var large = memory.Session(new SessionKey("bench", "user", "large"));
        var empty = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IEmptyGrain>("bench/user/empty");
        await Grow.ToAsync(small, Small);
        await Grow.ToAsync(large, Large);
        var bytes = new List<(double Small, double Large, double Empty)>();
        for (var round = -1; round < Rounds; round++)
        {
            var measured = (
                await BytesAsync(() => small.GetContextAsync(), Small),
                await BytesAsync(() => large.GetContextAsync(), Large),
                await BytesAsync(() => empty.GetAsync(ContextOptions.Default), 0));
            if (round >= 0)
            {
                bytes.Add(measured);
            }
        }

        new Table("Bytes allocated by a context call in process, nothing written as JSON (target: ratio 0.9 to 1.1)", "", "bytes", "ratio")
            .Row($"{Small} turns", Quantiles.Median(bytes.Select(b => b.Small)), 1.0)
            .Row($"{Large} turns", Quantiles.Median(bytes.Select(b => b.Large)), Quantiles.Median(bytes.Select(b => b.Large / b.Small)))
            .Row("an empty grain call", Quantiles.Median(bytes.Select(b => b.Empty)), Quantiles.Median(bytes.Select(b => b.Empty / b.Small)))
            .Print();
    }

    private static async Task<double> BytesAsync(Func<ValueTask<SessionContext>> call, int turns)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Calls; i++)
        {
            var context = await call();
            if (context.ActiveContext.Count != turns)
            {
                throw new InvalidOperationException($"{context.ActiveContext.Count} turns are active.");
            }
        }

        return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;
    }
}
