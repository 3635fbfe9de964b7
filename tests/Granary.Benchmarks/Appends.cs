using System.Diagnostics;

namespace Granary.Benchmarks;

/// <summary>Durable appends in process over 1,000 sessions against the same rows in the same groups by a bare loop.</summary>
internal static class Appends
{
    private const int Sessions = 1_000;
    private const int Callers = 256;
    private const int Turns = 60;
    private const int Repeats = 3;

    public static async Task RunAsync()
    {
        var ours = new List<double>();
        var reference = new List<double>();
        var groupMean = 0.0;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            using var sizes = new GroupSizes(GroupSizes.Sqlite);
            RecordingStore? recording = null;
            await using var host = new Host(wrap: store => recording = new RecordingStore(store));
            await AppendAsync(host, 0, 4);
            var prepare = recording!.Take();
            sizes.Take();
            var started = Stopwatch.GetTimestamp();
            await AppendAsync(host, 4, Turns);
            ours.Add(Sessions * (Turns - 4) / Stopwatch.GetElapsedTime(started).TotalSeconds);
            var commits = recording.Take();
            var groups = sizes.Take();
            groupMean = groups.Average();
            reference.Add(RawSqlite.Run(prepare, commits, groups));
        }

        new Table($"Appends per second in process, {Sessions:N0} sessions, {Callers} callers (target: ratio >= 0.6)", "", "appends/s", "ratio")
            .Row("Granary", Quantiles.Median(ours), Quantiles.Median(ours.Zip(reference, (a, b) => a / b)))
            .Row($"raw rows, groups of {groupMean:0.0} on average", Quantiles.Median(reference), 1.0)
            .Print();
    }

    private static async Task AppendAsync(Host host, int from, int to)
    {
        var next = (from * Sessions) - 1;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < to * Sessions)
            {
                await host.Session(number % Sessions).AppendAsync(SampleTurns.Turn(number / Sessions));
            }
        })));
    }
}
