using System.Diagnostics;

namespace Granary.Orleans.Benchmarks;

/// <summary>Context calls through the memory of a silo, in process, against calls of an empty grain; measured in turns, round by round.</summary>
internal static class Calls
{
    private const int Sessions = 100;
    private const int Turns = 10;

    /// <summary>Many short ones: what else the machine does meets both alike.</summary>
    private const int Rounds = 61;
    private const int SequentialCalls = 2_000;
    private const int ConcurrentCalls = 10_000;

    public static async Task RunAsync()
    {
        await using var store = await new SqliteStores().OpenAsync();
        await using var silo = await Silos.StartAsync(store.Store);
        var memory = silo.Services.GetRequiredService<IMemoryCluster>();
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        var keys = Enumerable.Range(0, Sessions).Select(i => new SessionKey("bench", "user", $"session-{i}")).ToArray();
        var sessions = keys.Select(memory.Session).ToArray();
        var empty = keys.Select(key => grains.GetGrain<IEmptyGrain>(Name(key))).ToArray();
        foreach (var session in sessions)
        {
            await Grow.ToAsync(session, Turns);
        }

        var table = new Table(
            "Context calls through the silo's memory, in process, against an empty grain (target: ratio >= 0.7)", "", "calls/s", "empty/s", "ratio", "quartiles", "CPU us", "empty CPU us", "CPU ratio");
        await MeasureAsync("sequential, one session", 1, SequentialCalls, _ => sessions[0].GetContextAsync(), _ => empty[0].GetAsync(ContextOptions.Default));
        await MeasureAsync("100 callers, 100 sessions", 100, ConcurrentCalls, i => sessions[i].GetContextAsync(), i => empty[i].GetAsync(ContextOptions.Default));
        await MeasureAsync("100 callers, one session", 100, ConcurrentCalls, _ => sessions[0].GetContextAsync(), _ => empty[0].GetAsync(ContextOptions.Default));
        await MeasureAsync(
            "100 callers, 100 sessions, handles made anew",
            100,
            ConcurrentCalls,
            i => memory.Session(keys[i]).GetContextAsync(),
            i => grains.GetGrain<IEmptyGrain>(Name(keys[i])).GetAsync(ContextOptions.Default));
        table.Print();

        async Task MeasureAsync(
            string name, int callers, int calls, Func<int, ValueTask<SessionContext>> ours, Func<int, ValueTask<SessionContext>> theirs)
        {
            var rounds = new List<(Cost Ours, Cost Theirs)>();
            for (var round = -20; round < Rounds; round++)
            {
                // Who is first changes, so that what drifts meets both.
                var first = await CostAsync(callers, calls, round % 2 == 0 ? ours : theirs);
                var second = await CostAsync(callers, calls, round % 2 == 0 ? theirs : ours);
                if (round >= 0)
                {
                    rounds.Add(round % 2 == 0 ? (first, second) : (second, first));
                }
            }

            var ratios = rounds.Select(r => r.Ours.Rate / r.Theirs.Rate).ToList();
            var cpu = rounds.Select(r => r.Theirs.Cpu / r.Ours.Cpu);
            table.Row(
                name,
                Quantiles.Median(rounds.Select(r => r.Ours.Rate)),
                Quantiles.Median(rounds.Select(r => r.Theirs.Rate)),
                Quantiles.Median(ratios),
                Quantiles.Quartiles(ratios),
                Quantiles.Median(rounds.Select(r => r.Ours.Cpu)),
                Quantiles.Median(rounds.Select(r => r.Theirs.Cpu)),
                Quantiles.Median(cpu));
        }
    }

    private static string Name(SessionKey key) => $"{key.Tenant}/{key.User}/{key.Session}";

    private static async Task<Cost> CostAsync(int callers, int calls, Func<int, ValueTask<SessionContext>> call)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < calls / callers; i++)
            {
                await call(caller);
            }
        })));
        var rate = calls / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Cost(rate, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls);
    }
}
