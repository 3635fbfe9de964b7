using Granary.Conformance.Stores;
using Granary.Orleans.Grains;
using Orleans;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

public sealed class MaintenanceTests
{
    private static readonly SessionKey Key = new("acme", "ada", "s1");

    [Fact]
    public async Task A_session_that_is_woken_for_maintenance_alone_leaves_memory_again_and_one_in_use_stays()
    {
        var store = new InMemoryPartitionStore();
        await using (var before = await TestClusters.StartAsync(store, silos: 1))
        {
            await before.Memory().Session(Key).AppendAsync(new AppendRequest { Messages = [new Message { Role = MessageRole.User, Content = "Hello" }] });
        }

        await using var cluster = await TestClusters.StartAsync(store, silos: 1);
        var grain = cluster.Client.GetGrain<ISessionGrain>(GrainKeys.Of(Key));
        await grain.MaintainAsync(CancellationToken.None);
        await WaitAsync(async () => await InMemoryAsync(cluster) == 0);

        await cluster.Memory().Session(Key).GetContextAsync();
        await grain.MaintainAsync(CancellationToken.None);
        (await cluster.Memory().Session(Key).GetContextAsync()).LastSequence.ShouldBe(1);
        var stats = await cluster.Memory().GetStatsAsync();
        (stats.TotalSessions, stats.Misses).ShouldBe((1, 2L));
    }

    private static async Task<int> InMemoryAsync(InProcessTestCluster cluster) => (await cluster.Memory().GetStatsAsync()).TotalSessions;

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
