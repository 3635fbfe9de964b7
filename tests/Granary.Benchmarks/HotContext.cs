using System.Diagnostics;

namespace Granary.Benchmarks;

/// <summary>The context of a session of 10 turns that is in memory.</summary>
internal static class HotContext
{
    private const int Samples = 200_000;

    public static async Task RunAsync()
    {
        await using var host = new Host();
        var session = host.Session(1);
        await Grow.ToAsync(session, 10);
        var unchanged = await MeasureAsync(session, Samples, change: false);
        var changed = await MeasureAsync(session, 2_000, change: true);
        new Table("Hot context of 10 turns in process (aim: p50 under 5 us)", "", "p50 us", "p99 us")
            .Row("unchanged since the last read", Quantiles.At(unchanged, 0.5), Quantiles.At(unchanged, 0.99))
            .Row("first read after an append", Quantiles.At(changed, 0.5), Quantiles.At(changed, 0.99))
            .Print();
    }

    private static async Task<double[]> MeasureAsync(ISessionMemory session, int samples, bool change)
    {
        var times = new double[samples];
        for (var i = -(samples / 10); i < samples; i++)
        {
            if (change)
            {
                await session.ClearAsync(confirm: true);
                for (var turn = 0; turn < 10; turn++)
                {
                    await session.AppendAsync(SampleTurns.Turn(turn));
                }
            }

            var started = Stopwatch.GetTimestamp();
            var context = await session.GetContextAsync();
            var elapsed = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            if (context.ActiveContext.Count != 10)
            {
                throw new InvalidOperationException($"{context.ActiveContext.Count} turns are active.");
            }

            if (i >= 0)
            {
                times[i] = elapsed;
            }
        }

        Array.Sort(times);
        return times;
    }
}
