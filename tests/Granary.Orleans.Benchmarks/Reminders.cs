using System.Diagnostics;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Orleans.AdoNet;
using Granary.Orleans.Providers;
using Granary.Testing.Postgres;

namespace Granary.Orleans.Benchmarks;

/// <summary>What a silo's refresh of its reminders costs: the read of all rows, 256 however many sessions there are.</summary>
internal static class Reminders
{
    private const int Samples = 100;

    public static async Task RunAsync()
    {
        var table = new Table(
            $"Refresh of the reminders of all {PartitionShard.Count} maintenance shards, every 5 minutes whatever the number of sessions (report)", "", "rows", "p50 ms", "p99 ms", "bytes");
        await MeasureAsync(table, "in memory", silo => silo.UseInMemoryReminderService());
        if (PostgresServer.IsAvailable)
        {
            await using var server = await PostgresServer.StartAsync();
            var connection = await server.CreateDatabaseAsync();
            var provider = new AdoNetProvider();
            await provider.PrepareAsync(ProviderUses.Reminders, connection);
            await MeasureAsync(table, "PostgreSQL", silo => provider.AddReminders(silo, connection));
        }

        table.Print();
    }

    private static async Task MeasureAsync(Table table, string name, Action<ISiloBuilder> add)
    {
        await using var silo = await Silos.StartAsync(new InMemoryPartitionStore(), maxSessions: 1_000, add);
        var reminders = silo.Services.GetRequiredService<IReminderTable>();
        var rows = 0;
        while ((rows = (await reminders.ReadRows(0, uint.MaxValue)).Reminders.Count) < PartitionShard.Count)
        {
            await Task.Delay(100);
        }

        var times = new double[Samples];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Samples; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await reminders.ReadRows(0, uint.MaxValue);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        var bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / Samples;
        Array.Sort(times);
        table.Row(name, rows, Quantiles.At(times, 0.5), Quantiles.At(times, 0.99), (double)bytes);
    }
}
