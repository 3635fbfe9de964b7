using System.Diagnostics;
using System.Globalization;

namespace Granary.Benchmarks.Recall;

/// <summary>Durable remembering against the same rows in a bare loop, and appending beside a recall index that is open and asked against one that is not.</summary>
internal static class Remembering
{
    private const int Memories = 4_000;
    private const int Sessions = 64;
    private const int Turns = 100;
    private const int Repeats = 5;

    public static async Task RunAsync()
    {
        var remembering = new Table("Memories remembered per second, each durable by itself", "", "memories/s", "the same rows in a bare loop", "ratio");
        foreach (var users in (int[])[1, 32])
        {
            var (ours, reference) = await RememberAsync(users);
            remembering.Row($"{users} callers, a user each", Quantiles.Median(ours), Quantiles.Median(reference), Quantiles.Median(ours.Zip(reference, (a, b) => a / b)));
        }

        remembering.Print();
        var rates = Enum.GetValues<Index>().ToDictionary(static index => index, static _ => new List<double>());
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            // In turns, each first as often as the others.
            foreach (var index in rates.Keys.Order().Skip(repeat % 3).Concat(rates.Keys.Order().Take(repeat % 3)))
            {
                rates[index].Add(await AppendAsync(index));
            }
        }

        var table = new Table($"Appends per second to {Sessions} sessions of one user, {Sessions} callers (target: ratio of an open index >= 0.9)", "", "appends/s", "ratio");
        foreach (var (index, name) in ((Index, string)[])[(Index.None, "index not open"), (Index.Open, "index open"), (Index.Asked, "index open, a recall each 100 ms")])
        {
            table.Row(name, Quantiles.Median(rates[index]), Quantiles.Median(rates[index].Zip(rates[Index.None], (a, b) => a / b)));
        }

        table.Print();
    }

    private static async Task<(List<double> Ours, List<double> Reference)> RememberAsync(int users)
    {
        var (ours, reference) = (new List<double>(), new List<double>());
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            using var sizes = new GroupSizes(GroupSizes.Sqlite);
            RecordingStore? recording = null;
            await using var host = new Host(wrap: store => recording = new RecordingStore(store));
            var texts = new MadeUpTexts(repeat);
            var contents = Enumerable.Range(0, Memories + users).Select(i => string.Create(CultureInfo.InvariantCulture, $"{texts.Sentence()} It is number {i}.")).ToArray();
            await AllAsync(host, users, contents, 0, users);
            var prepare = recording!.Take();
            sizes.Take();
            var started = Stopwatch.GetTimestamp();
            await AllAsync(host, users, contents, users, contents.Length);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            ours.Add(Memories / elapsed);
            var commits = recording.Take();

            // Pages of records are among the commits: the reference writes them too.
            reference.Add(RawSqlite.Run(prepare, commits, sizes.Take()) * Memories / commits.Count);
        }

        return (ours, reference);
    }

    private static async Task AllAsync(Host host, int users, string[] contents, int from, int to)
    {
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, users).Select(user => Task.Run(async () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < to)
            {
                await host.User($"user-{user}").RememberAsync(new RememberRequest([new MemoryDraft { Content = contents[number] }]));
            }
        })));
    }

    private static async Task<double> AppendAsync(Index index)
    {
        await using var host = new Host();
        await EachAsync(host, 0, 2);
        using var stop = new CancellationTokenSource();
        if (index == Index.Open)
        {
            await RecallAsync(host);
        }

        var recalling = index == Index.Asked ? Task.Run(() => RecallAsync(host, stop.Token)) : Task.CompletedTask;
        var started = Stopwatch.GetTimestamp();
        await EachAsync(host, 2, Turns);
        var rate = Sessions * (Turns - 2) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await recalling;
        return rate;
    }

    private static Task EachAsync(Host host, int from, int to) => Task.WhenAll(Enumerable.Range(0, Sessions).Select(session => Task.Run(async () =>
    {
        for (var turn = from; turn < to; turn++)
        {
            await host.Session(session).AppendAsync(SampleTurns.Turn(turn));
        }
    })));

    private static async Task RecallAsync(Host host, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await RecallAsync(host);
            await Task.Delay(100, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Task RecallAsync(Host host) =>
        host.User().RecallAsync(new RecallRequest { Query = "When is the meeting with the Lisbon office?", Limit = 10 });

    /// <summary>What appends have beside them.</summary>
    private enum Index
    {
        None,
        Open,
        Asked,
    }
}
