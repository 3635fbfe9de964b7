namespace Granary.Benchmarks;

/// <summary>What a session of 10 messages costs in memory when it is activated and idle, beyond the characters of its strings.</summary>
internal static class MemoryPerSession
{
    private const int Sessions = 5_000;
    private const int Turns = 5;

    public static async Task RunAsync()
    {
        var table = new Table("Memory of an activated idle session of 10 messages, beyond the UTF-16 bytes of its strings (target: <= 4,096)", "", "bytes");
        foreach (var (name, read, keyed) in (List<(string, bool, bool)>)[("appended to", false, false), ("appended to with idempotency keys", false, true), ("context read", true, false)])
        {
            await using var host = new Host();
            var characters = 0L;
            for (var session = 0; session < Sessions; session++)
            {
                characters += await FillAsync(host, session, keyed);
            }

            host.Cluster.Forget();
            var before = Settled();
            for (var session = 0; session < Sessions; session++)
            {
                if (read)
                {
                    await host.Session(session).GetContextAsync();
                }
                else
                {
                    await host.Session(session).GetInfoAsync();
                }
            }

            // An idle session gives back what can be made again, as the host's sweep has it do.
            host.Cluster.Trim();
            table.Row(name, (double)(Settled() - before - (2 * characters)) / Sessions);
        }

        table.Print();
    }

    private static async Task<long> FillAsync(Host host, int session, bool keyed)
    {
        var characters = 0L;
        for (var turn = 0; turn < Turns; turn++)
        {
            var request = SampleTurns.Turn(turn, resource: null) with { IdempotencyKey = keyed ? $"turn-{turn}" : null };
            await host.Session(session).AppendAsync(request);
            characters += request.Messages.Sum(m => m.Content.Length);
        }

        return characters;
    }

    private static long Settled()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
