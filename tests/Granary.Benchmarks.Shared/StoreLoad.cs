using Granary.Core.Storage;
using Microsoft.AspNetCore.Builder;

namespace Granary.Benchmarks.Shared;

/// <summary>
/// <c>POST /memory/store</c>, durable, over 64 connections and 200 sessions, against the harmonic sum of its two parts: an endpoint that
/// parses and answers the same JSON, and a bare loop that writes the same rows in groups of the same size.
/// </summary>
/// <param name="title">Which host, and the target.</param>
/// <param name="repeats">How often each row is measured; medians count.</param>
internal sealed class StoreLoad(string title, int repeats = 5)
{
    private const int Connections = 64;
    private const int Sessions = 200;

    /// <summary>Short ones in turn with the reference: what else the machine does meets both alike.</summary>
    private const int Slices = 4;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    private readonly Table _table = new(
        $"POST /memory/store, durable, {Connections} connections over {Sessions} sessions, {title}",
        "", "requests/s", "bare/s", "raw rows/s", "1/(1/bare + 1/raw)", "ratio", "quartiles", "commits a sync");

    /// <summary>Measures a store of this host; one row without and one with idempotency keys.</summary>
    /// <param name="name">Of the store.</param>
    /// <param name="stores">Its kind.</param>
    /// <param name="start">Starts the host over a store.</param>
    public async Task MeasureAsync(string name, IMeasuredStores stores, Func<IPartitionStore, Task<WebApplication>> start)
    {
        foreach (var keyed in (bool[])[false, true])
        {
            await MeasureAsync($"{name}, {(keyed ? "with" : "without")} idempotency keys", stores, start, keyed);
        }
    }

    public void Print() => _table.Print();

    private async Task MeasureAsync(string name, IMeasuredStores stores, Func<IPartitionStore, Task<WebApplication>> start, bool keyed)
    {
        var results = new List<(double Ours, double Bare, double Raw, double Group)>();
        await using var bare = await WebHosts.BareAsync();
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            using var sizes = new GroupSizes(stores.GroupSizeInstrument);
            List<PartitionCommit> prepare, commits;
            List<int> groups;
            double ours, echo;
            await using (var opened = await stores.OpenAsync())
            {
                var recording = new RecordingStore(opened.Store);
                await using var granary = await start(recording);

                // The sessions exist before: what is measured is storing turns, not creating sessions.
                await LoadGenerator.RunAsync(granary.Address(), 4, TimeSpan.Zero, TimeSpan.FromSeconds(1), (c, n) => Request("/memory/store", ((n * 4) + c) % Sessions, n, c, keyed));
                prepare = recording.Take();
                sizes.Take();
                (ours, echo) = (0, 0);
                for (var slice = -1; slice < Slices; slice++)
                {
                    var from = (slice + 2) * 1_000_000;
                    var our = await LoadGenerator.RunAsync(granary.Address(), Connections, Warmup, Duration, (c, n) => Request("/memory/store", ((n * Connections) + c) % Sessions, from + n, c, keyed));
                    var their = await LoadGenerator.RunAsync(bare.Address(), Connections, Warmup, Duration, (c, n) => Request("/echo", ((n * Connections) + c) % Sessions, from + n, c, keyed));
                    if (slice >= 0)
                    {
                        (ours, echo) = (ours + (our / Slices), echo + (their / Slices));
                    }
                }

                commits = recording.Take();
                groups = sizes.Take();
            }

            var turns = commits.Sum(c => c.Writes.Count(w => w.Id.StartsWith("m:", StringComparison.Ordinal)));
            var raw = await stores.RunRawAsync(prepare, commits, groups) * turns / commits.Count;
            results.Add((ours, echo, raw, groups.Average()));
        }

        var (o, b, r) = (Quantiles.Median(results.Select(x => x.Ours)), Quantiles.Median(results.Select(x => x.Bare)), Quantiles.Median(results.Select(x => x.Raw)));
        var ratios = results.Select(x => x.Ours * ((1 / x.Bare) + (1 / x.Raw))).ToList();
        _table.Row(name, o, b, r, 1 / ((1 / b) + (1 / r)), Quantiles.Median(ratios), Quantiles.Quartiles(ratios), Quantiles.Median(results.Select(x => x.Group)));
    }

    private static byte[] Request(string path, int session, int number, int connection, bool keyed) => LoadGenerator.Post(
        path,
        $$"""{"user_id":"user-{{session % 20}}","session_id":"session-{{session}}","resource":"{{SampleTurns.Unfolded}}","user_message":"Question {{number}}: could you move the meeting with the Lisbon office to Thursday at 14:30, please?","agent_message":"Answer {{number}}: done. The meeting with the Lisbon office is on Thursday at 14:30 now; I told Maria and Tom and moved the room."}""",
        keyed ? $"{connection}-{number}" : null);
}
