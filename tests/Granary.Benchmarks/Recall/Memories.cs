using System.Diagnostics;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Benchmarks.Recall;

/// <summary>What a user's memory records cost: to wake the user, in memory, to recall; beside mem0ai's search over the same records.</summary>
internal static class Memories
{
    private const int Rounds = 7;
    private const int Queries = 1_000;

    public static async Task RunAsync()
    {
        if (Mem0Search.Problem is { } problem)
        {
            Console.WriteLine($"mem0ai is left out: {problem}");
        }

        var table = new Table(
            "Memory records of one user over SQLite (targets: cold recall <= 500 ms at 100,000; recall p99 <= 5 ms at 10,000, 10 ms at 100,000)",
            "records", "cold remember ms", "CPU ms", "cold recall ms", "CPU ms", "every record read ms", "CPU ms", "bytes/record", "with index", "recall p50 ms", "p99 ms", "mem0ai p50 ms", "p99 ms");
        foreach (var count in (int[])[1_000, 10_000, 100_000])
        {
            await MeasureAsync(table, count);
        }

        table.Print();
    }

    private static async Task MeasureAsync(Table table, int count)
    {
        await using var host = new Host();
        var texts = new MadeUpTexts(11);
        var contents = Enumerable.Range(0, count).Select(i => $"{texts.Sentence()} It is number {i}.").ToArray();
        foreach (var some in contents.Chunk(MemoryLimits.MaxBatch))
        {
            await host.User().RememberAsync(new RememberRequest([.. some.Select(content => new MemoryDraft { Content = content })]));
        }

        await SettleAsync(host);
        var queries = Enumerable.Range(0, Queries).Select(_ => texts.Question(contents)).ToArray();
        var (remember, recall, plain) = (new List<Spent>(), new List<Spent>(), new List<Spent>());
        for (var round = -1; round < Rounds; round++)
        {
            host.Cluster.Forget();
            var remembered = await TimeAsync(() => host.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = $"It is remembered in round {round}." }])));
            host.Cluster.Forget();
            var recalled = await TimeAsync(() => RecallAsync(host, queries[round + 1]));
            var read = await TimeAsync(() => ReadAllAsync(host.Store));
            if (round >= 0)
            {
                remember.Add(remembered);
                recall.Add(recalled);
                plain.Add(read);
            }
        }

        host.Cluster.Forget();
        var before = Settled();
        await host.User().ListMemoriesAsync(new MemoryQuery { Limit = 1 });
        var rows = Settled() - before;
        await RecallAsync(host, queries[0]);
        var all = Settled() - before;
        var ours = new double[Queries];
        for (var i = -200; i < Queries; i++)
        {
            var spent = await TimeAsync(() => RecallAsync(host, queries[Math.Abs(i)]));
            if (i >= 0)
            {
                ours[i] = spent.Wall;
            }
        }

        Array.Sort(ours);
        var theirs = Mem0Search.Problem is null ? await Mem0Search.RunAsync(contents, queries) : [double.NaN];
        table.Row(
            count.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture), remember.Wall(), remember.Cpu(), recall.Wall(), recall.Cpu(), plain.Wall(), plain.Cpu(),
            (double)rows / count, (double)all / count, Quantiles.At(ours, 0.5), Quantiles.At(ours, 0.99), Quantiles.At(theirs, 0.5), Quantiles.At(theirs, 0.99));
    }

    /// <summary>Waits until no page of records is written any more.</summary>
    private static async Task SettleAsync(Host host)
    {
        for (var (before, same) = (default(PartitionVersion), 0); same < 5;)
        {
            await Task.Delay(100);
            var version = (await host.Store.GetAsync(PartitionNames.Of(host.User().Key), [RecordDocumentIds.Head])).Version;
            (before, same) = (version, version == before ? same + 1 : 0);
        }
    }

    /// <summary>What waking the user would take at the least if it read every record.</summary>
    private static async Task ReadAllAsync(IPartitionStore store)
    {
        DocumentRange? range = DocumentRange.Prefix(RecordDocumentIds.RecordPrefix);
        while (range is { } next)
        {
            var page = await store.ReadAsync(PartitionNames.Of(new UserKey("bench", "user")), next);
            foreach (var document in page.Documents)
            {
                RecordDocument.Decode(document.Body.Span);
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }
    }

    private static async Task RecallAsync(Host host, string query)
    {
        if ((await host.User().RecallAsync(new RecallRequest { Query = query, Limit = 10 })).Hits.Count == 0)
        {
            throw new InvalidOperationException($"Nothing was found for '{query}'.");
        }
    }

    private static async Task<Spent> TimeAsync(Func<Task> work)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await work();
        return new Spent(Stopwatch.GetElapsedTime(started).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
    }

    private static double Wall(this IEnumerable<Spent> spent) => Quantiles.Median(spent.Select(static s => s.Wall));

    private static double Cpu(this IEnumerable<Spent> spent) => Quantiles.Median(spent.Select(static s => s.Cpu));

    private static long Settled()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>What something took, in milliseconds: by the clock, and of all processors together.</summary>
    private readonly record struct Spent(double Wall, double Cpu);
}
