using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>What all silos must agree on, and what a client is told of them together.</summary>
public sealed class SharedStateTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly FaultyPartitionStore _store;
    private InProcessTestCluster _cluster = null!;

    public SharedStateTests() => _store = new FaultyPartitionStore(new InMemoryPartitionStore(_time));

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(_store, configure: options => options.TimeProvider = _time);

    public Task DisposeAsync()
    {
        _cluster.Abandon();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_memory_resource_put_at_one_silo_holds_at_the_others_right_away()
    {
        await PutAsync(0, budget: 1_000);
        await _cluster.BeginOnAsync(0, "here", "own");
        await _cluster.BeginOnAsync(1, "there", "own");
        (await MaxTokensAsync(0, "here"), await MaxTokensAsync(1, "there")).ShouldBe((1_000, 1_000));
        await PutAsync(1, budget: 2_000);
        (await MaxTokensAsync(0, "here"), await MaxTokensAsync(1, "there")).ShouldBe((2_000, 2_000));
        await PutAsync(0, budget: 3_000);
        (await MaxTokensAsync(0, "here"), await MaxTokensAsync(1, "there")).ShouldBe((3_000, 3_000));
        await _cluster.Memory(0).Resources(Turns.Ada.Tenant).DeleteAsync("own");
        await Should.ThrowAsync<InvalidRequestException>(() =>
            _cluster.Memory(1).StartSessionAsync(Turns.Ada, new StartSessionOptions { Resource = "own" }));
    }

    [Fact]
    public async Task A_change_that_other_silos_cannot_read_is_made_all_the_same_and_arrives_later()
    {
        await PutAsync(0, budget: 1_000);
        await _cluster.BeginOnAsync(1, "there", "own");
        var isWritten = false;
        using var watch = _store.HoldCommits(
            commit => commit.Partition.StartsWith("resources/", StringComparison.Ordinal) && (isWritten = true) && false, FaultPoint.AfterWrite);
        _store.FailReads(1_000, partition => isWritten && partition.StartsWith("resources/", StringComparison.Ordinal));
        await PutAsync(0, budget: 2_000);
        isWritten.ShouldBeTrue();
        (await MaxTokensAsync(1, "there")).ShouldBe(1_000);
        _store.Recover();
        _time.Advance(TimeSpan.FromSeconds(10));
        await Turns.UntilAsync(
            async () =>
            {
                // Use makes it read anew, in the background.
                await _cluster.Memory(1).Resources(Turns.Ada.Tenant).ListAsync();
                return await MaxTokensAsync(1, "there") == 2_000;
            },
            "the change had arrived");
    }

    [Fact]
    public async Task A_client_is_told_the_figures_of_all_silos_together()
    {
        for (var i = 0; i < 30; i++)
        {
            await _cluster.BeginOnAsync(i % 2, $"s{i}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        var (one, other) = (await _cluster.Memory(0).GetStatsAsync(), await _cluster.Memory(1).GetStatsAsync());
        (one.TotalSessions, other.TotalSessions).ShouldBe((15, 15));
        var all = await _cluster.ClientMemory().GetStatsAsync();
        (all.TotalSessions, all.TotalUsers, all.MaxCapacity).ShouldBe((30, 1, one.MaxCapacity + other.MaxCapacity));
        (all.Hits, all.Misses, all.Evictions).ShouldBe((one.Hits + other.Hits, one.Misses + other.Misses, one.Evictions + other.Evictions));
        (all.AvgAgeSeconds, all.OldestAgeSeconds, all.TtlSeconds).ShouldBe((10, 10, one.TtlSeconds));
        await _cluster.StopSiloAsync(_cluster.Silos[1]);
        (await Repeat.UntilAnsweredAsync(() => _cluster.ClientMemory().GetStatsAsync())).TotalSessions.ShouldBe(one.TotalSessions);
    }

    [Fact]
    public async Task A_client_is_told_how_the_store_is()
    {
        (await _cluster.ClientMemory().GetHealthAsync()).ShouldBe(new MemoryHealth("healthy", true, true, 0, null));
        _store.Crash();
        var health = await _cluster.ClientMemory().GetHealthAsync();
        (health.Status, health.StoreReadable, health.Error).ShouldBe(("unhealthy", false, "The store is down."));
    }

    [Fact]
    public async Task A_client_changes_memory_resources()
    {
        var catalog = _cluster.ClientMemory().Resources(Turns.Ada.Tenant);
        var made = await catalog.PutAsync(new MemoryResource { Name = "own", KeyTemplate = "{{user}}-chat" });
        (await catalog.GetAsync("own")).ShouldBe(made, new ByText());
        (await catalog.ListAsync()).Select(stored => stored.Resource.Name).ShouldBe([MemoryResource.DefaultName, "own"]);
        (await catalog.ResolveSessionIdAsync("own", new Dictionary<string, string> { ["user"] = "ada" })).ShouldBe("ada-chat");
        await Should.ThrowAsync<PreconditionFailedException>(() => catalog.PutAsync(new MemoryResource { Name = "own", Description = "new" }, ifMatch: "\"wrong\""));
        await Should.ThrowAsync<InvalidRequestException>(() => catalog.PutAsync(new MemoryResource { Name = "a b" }));
        var imported = await catalog.ImportAsync([new MemoryResource { Name = "own", Description = "new" }, new MemoryResource { Name = "more" }], overwrite: false);
        (imported.Created.Single(), imported.Skipped.Single()).ShouldBe(("more", "own"));
        await catalog.DeleteAsync("own", made.ETag);
        await Should.ThrowAsync<NotFoundException>(() => catalog.GetAsync("own"));
    }

    private async Task PutAsync(int silo, int budget) => await _cluster.Memory(silo).Resources(Turns.Ada.Tenant).PutAsync(new MemoryResource
    {
        Name = "own",
        Budget = new BudgetPolicy(ContextTokens: budget, SafetyTokens: 0),
    });

    private async Task<int> MaxTokensAsync(int silo, string session) =>
        (await _cluster.Memory(silo).Session(Turns.Key(session)).GetContextAsync()).Tokens.MaxTokens;

    private sealed class ByText : IEqualityComparer<StoredResource>
    {
        public bool Equals(StoredResource? x, StoredResource? y) => Serialization.Contracts.Describe(x) == Serialization.Contracts.Describe(y);

        public int GetHashCode(StoredResource obj) => 0;
    }
}
