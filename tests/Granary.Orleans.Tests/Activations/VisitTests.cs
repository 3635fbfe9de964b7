using Granary.Conformance.Stores;
using Granary.Orleans.Grains;

namespace Granary.Orleans.Tests.Activations;

public sealed class VisitTests
{
    private static readonly SessionKey Key = new("acme", "ada", "s1");

    [Fact]
    public async Task A_session_that_is_woken_for_maintenance_alone_leaves_memory_again_and_one_in_use_stays()
    {
        var store = new InMemoryPartitionStore();
        await using (var before = await TestClusters.StartAsync(store, silos: 1))
        {
            await before.Memory().AppendAsync(Key.Session, "hello");
        }

        await using var cluster = await TestClusters.StartAsync(store, silos: 1);
        var memory = cluster.Memory();
        var grain = cluster.Client.GetGrain<ISessionGrain>(GrainKeys.Of(Key));
        await grain.MaintainAsync(CancellationToken.None);
        await Turns.UntilAsync(async () => (await memory.GetStatsAsync()).TotalSessions == 0, "it had left");

        await memory.Session(Key).GetContextAsync();
        await grain.MaintainAsync(CancellationToken.None);
        (await memory.Session(Key).GetContextAsync()).LastSequence.ShouldBe(2);
        var stats = await memory.GetStatsAsync();
        (stats.TotalSessions, stats.Misses).ShouldBe((1, 2L));
    }
}
