using System.Diagnostics;

namespace Granary.Benchmarks;

/// <summary>Whether an append gets slower as its session grows: turn 100,000 against turn 100.</summary>
internal static class AppendGrowth
{
    private const int Small = 100;
    private const int Large = 100_000;
    private const int Samples = 400;
    private const int Rounds = 7;

    public static async Task RunAsync()
    {
        await using var host = new Host();
        var large = host.Session("large");
        await Grow.ToAsync(large, Large);
        var ratios = new List<double>();
        var small = new List<double>();
        var big = new List<double>();
        var turn = Large;
        for (var round = -1; round < Rounds; round++)
        {
            // A new small session each round: it must not grow out of its size. The two are measured in turn.
            var young = host.Session($"small-{round}");
            await Grow.ToAsync(young, Small);
            var ours = 0.0;
            var theirs = 0.0;
            for (var i = 0; i < Samples; i++)
            {
                theirs += await TimeAsync(large, ++turn);
                ours += await TimeAsync(young, Small + i);
            }

            if (round >= 0)
            {
                small.Add(ours / Samples);
                big.Add(theirs / Samples);
                ratios.Add(theirs / ours);
            }
        }

        new Table("Append to one session, in process, durable (target: ratio <= 1.10)", "", "us", "ratio")
            .Row($"turn {Small:N0}", Quantiles.Median(small), 1.0)
            .Row($"turn {Large:N0}", Quantiles.Median(big), Quantiles.Median(ratios))
            .Print();
    }

    private static async Task<double> TimeAsync(ISessionMemory session, int turn)
    {
        var request = SampleTurns.Turn(turn);
        var started = Stopwatch.GetTimestamp();
        await session.AppendAsync(request);
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }
}
