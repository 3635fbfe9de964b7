namespace Granary.Benchmarks.Shared;

/// <summary>Fills a session with turns.</summary>
internal static class Grow
{
    /// <summary>Appends turns, 50 a message list, many at a time: the session shares commits among them.</summary>
    public static async Task ToAsync(ISessionMemory session, int turns, string? resource = SampleTurns.Unfolded)
    {
        var next = -1;
        await session.AppendAsync(SampleTurns.Turn(0, resource));
        await Task.WhenAll(Enumerable.Range(0, Math.Min(32, turns)).Select(_ => Task.Run(async () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < turns - 1)
            {
                await session.AppendAsync(SampleTurns.Turn(number, resource));
            }
        })));
    }
}
