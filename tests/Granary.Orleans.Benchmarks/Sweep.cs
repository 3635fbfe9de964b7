using System.Diagnostics;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Orleans.Cluster;
using Granary.Orleans.Grains;

namespace Granary.Orleans.Benchmarks;

/// <summary>Sessions that are all due at once: what a silo keeps for them, and how long its maintenance takes to look after them.</summary>
internal static class Sweep
{
    private const int MaxSessions = 1_000;
    private const int Users = 1_000;
    private const int Makers = 512;

    public static async Task RunAsync(int sessions)
    {
        await using var store = await new SqliteStores().OpenAsync();
        var documents = await SampleAsync();
        var table = new Table(
            $"Sweep of {sessions:N0} due sessions in one silo over SQLite, {MaxSessions:N0} of them in memory at the most (report)",
            "", "sessions", "seconds", "a second", "CPU us each", "heap MB", "working set MB", "in memory");
        await MeasureAsync("made", null, () => MakeAsync(store.Store, documents, sessions));
        await using var silo = await Silos.StartAsync(store.Store, MaxSessions);
        await MeasureAsync("silo idle, all of them due", silo, () => Task.FromResult(0));
        await MeasureAsync("one wake of one shard, alone", silo, () => Shard(silo, 0).WakeAsync());
        await MeasureAsync("all shards until nothing is due", silo, () => SweepAsync(silo));
        await MeasureAsync("silo idle, none of them due", silo, () => Task.FromResult(0));
        table.Print();

        async Task MeasureAsync(string name, WebApplication? silo, Func<Task<int>> work)
        {
            var peaks = new Peaks(silo?.Services.GetRequiredService<SiloServices>());
            var cpu = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            var done = await peaks.DuringAsync(work);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var each = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Math.Max(1, done);
            table.Row(name, done, seconds, done / seconds, done == 0 ? 0.0 : each, peaks.Heap / 1e6, peaks.WorkingSet / 1e6, peaks.Sessions);
        }
    }

    /// <summary>The documents of a session of one turn, as the memory itself writes them.</summary>
    private static async Task<List<DocumentWrite>> SampleAsync()
    {
        await using var store = await new SqliteStores().OpenAsync();
        await using var silo = await Silos.StartAsync(store.Store);
        var key = new SessionKey("bench", "user", "sample");
        await silo.Services.GetRequiredService<IMemoryCluster>().Session(key).AppendAsync(SampleTurns.Turn(1, resource: null));
        var page = await store.Store.ReadAsync(PartitionNames.Of(key), new DocumentRange("0", "zz"));
        return [.. page.Documents.Where(d => !d.Id.StartsWith(SessionDocumentIds.OutboxPrefix, StringComparison.Ordinal)).Select(d => DocumentWrite.Put(d.Id, d.Body))];
    }

    private static async Task<int> MakeAsync(IPartitionStore store, List<DocumentWrite> documents, int sessions)
    {
        var due = DateTimeOffset.UtcNow.AddMinutes(-1);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Makers).Select(_ => Task.Run(async () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < sessions)
            {
                await store.CommitAsync(new PartitionCommit
                {
                    Partition = PartitionNames.Of(new SessionKey("bench", $"user-{number % Users}", $"session-{number}")),
                    Expected = PartitionVersion.None,
                    Writes = documents,
                    DueAt = due,
                });
            }
        })));
        return sessions;
    }

    private static async Task<int> SweepAsync(WebApplication silo)
    {
        var done = await Task.WhenAll(Enumerable.Range(0, PartitionShard.Count).Select(async shard =>
        {
            var (all, now) = (0, 0);
            while ((now = await Shard(silo, shard).WakeAsync()) > 0)
            {
                all += now;
            }

            return all;
        }));
        return done.Sum();
    }

    private static IMaintenanceGrain Shard(WebApplication silo, int shard) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IMaintenanceGrain>(shard);
}
