using System.Diagnostics;

namespace Granary.Benchmarks;

/// <summary>Whether waking a session gets slower with its history: 100,000 turns against 100, with the same active part.</summary>
internal static class Activations
{
    private const int Small = 100;
    private const int Large = 100_000;
    private const int Active = 20;
    private const int Rounds = 9;
    private const int Samples = 50;

    public static async Task RunAsync()
    {
        await using var host = new Host();
        await PrepareAsync(host, "small", Small);
        await PrepareAsync(host, "large", Large);
        var small = new List<double>();
        var large = new List<double>();
        for (var round = -1; round < Rounds; round++)
        {
            var ours = 0.0;
            var theirs = 0.0;
            for (var i = 0; i < Samples; i++)
            {
                theirs += await TimeAsync(host, "large");
                ours += await TimeAsync(host, "small");
            }

            if (round >= 0)
            {
                small.Add(ours / Samples);
                large.Add(theirs / Samples);
            }
        }

        new Table($"Waking a session with {Active} active turns: first context (target: ratio <= 1.20)", "", "us", "ratio")
            .Row($"{Small:N0} turns", Quantiles.Median(small), 1.0)
            .Row($"{Large:N0} turns", Quantiles.Median(large), Quantiles.Median(large.Zip(small, (a, b) => a / b)))
            .Print();
    }

    private static async Task PrepareAsync(Host host, string id, int turns)
    {
        var session = host.Session(id);
        await Grow.ToAsync(session, turns - Active);
        await session.ClearAsync(confirm: true);
        for (var i = 0; i < Active; i++)
        {
            await session.AppendAsync(SampleTurns.Turn(turns - Active + i));
        }
    }

    private static async Task<double> TimeAsync(Host host, string id)
    {
        host.Cluster.Forget();
        var started = Stopwatch.GetTimestamp();
        var context = await host.Session(id).GetContextAsync();
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        return context.ActiveContext.Count == Active ? elapsed : throw new InvalidOperationException($"{context.ActiveContext.Count} turns are active.");
    }
}
