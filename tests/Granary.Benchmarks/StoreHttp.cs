using Granary.Core.Storage;

namespace Granary.Benchmarks;

/// <summary>
/// <c>POST /memory/store</c>, durable, over 64 connections and 200 sessions, against the harmonic sum of its two parts: an endpoint that
/// parses and answers the same JSON, and a bare loop that writes the same rows in groups of the same size.
/// </summary>
internal static class StoreHttp
{
    private const int Connections = 64;
    private const int Sessions = 200;
    private const int Repeats = 5;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public static async Task RunAsync()
    {
        var table = new Table(
            $"POST /memory/store, durable, {Connections} connections over {Sessions} sessions (target: ratio >= 0.8)",
            "", "requests/s", "bare/s", "raw rows/s", "1/(1/bare + 1/raw)", "ratio", "commits a sync");
        await MeasureAsync(table, "without idempotency keys", keyed: false);
        await MeasureAsync(table, "with idempotency keys", keyed: true);
        table.Print();
    }

    private static async Task MeasureAsync(Table table, string name, bool keyed)
    {
        var results = new List<(double Ours, double Bare, double Raw, double Group)>();
        await using var bare = await WebHosts.BareAsync();
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var folder = Directory.CreateTempSubdirectory("granary-store-").FullName;
            using var sizes = new GroupSizes();
            RecordingStore? recording = null;
            double ours;
            await using (var granary = await WebHosts.GranaryAsync(folder, store => recording = new RecordingStore(store)))
            {
                // The sessions exist before: what is measured is storing turns, not creating sessions.
                await LoadGenerator.RunAsync(granary.Address(), 4, TimeSpan.Zero, TimeSpan.FromSeconds(1), (c, n) => Request("/memory/store", ((n * 4) + c) % Sessions, n, c, keyed));
                var prepare = recording!.Take();
                sizes.Take();
                ours = await LoadGenerator.RunAsync(granary.Address(), Connections, Warmup, Duration, (c, n) => Request("/memory/store", ((n * Connections) + c) % Sessions, n, c + 100, keyed));
                var commits = recording.Take();
                var groups = sizes.Take();
                var echo = await LoadGenerator.RunAsync(bare.Address(), Connections, Warmup, Duration, (c, n) => Request("/echo", ((n * Connections) + c) % Sessions, n, c, keyed));
                var turns = commits.Sum(c => c.Writes.Count(w => w.Id.StartsWith("m:", StringComparison.Ordinal)));
                var raw = RawSqlite.Run(prepare, commits, groups) * turns / commits.Count;
                results.Add((ours, echo, raw, groups.Average()));
            }

            Directory.Delete(folder, recursive: true);
        }

        var (o, b, r) = (Quantiles.Median(results.Select(x => x.Ours)), Quantiles.Median(results.Select(x => x.Bare)), Quantiles.Median(results.Select(x => x.Raw)));
        table.Row(name, o, b, r, 1 / ((1 / b) + (1 / r)), Quantiles.Median(results.Select(x => x.Ours * ((1 / x.Bare) + (1 / x.Raw)))), Quantiles.Median(results.Select(x => x.Group)));
    }

    private static byte[] Request(string path, int session, int number, int connection, bool keyed) => LoadGenerator.Post(
        path,
        $$"""{"user_id":"user-{{session % 20}}","session_id":"session-{{session}}","resource":"{{Host.Unfolded}}","user_message":"Question {{number}}: could you move the meeting with the Lisbon office to Thursday at 14:30, please?","agent_message":"Answer {{number}}: done. The meeting with the Lisbon office is on Thursday at 14:30 now; I told Maria and Tom and moved the room."}""",
        keyed ? $"{connection}-{number}" : null);
}
