using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>What a store whose medium outlives it must do besides: be the same after it was closed, and after it died.</summary>
public abstract class PersistentPartitionStoreConformance : PartitionStoreConformance
{
    private PersistentStoreFixture Medium => (PersistentStoreFixture)Fixture;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_acknowledged_is_there_after_a_reopen(bool crash)
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"), StoreCalls.Put("b", "1"));
        version = await Store.WriteAsync(new PartitionCommit
        {
            Partition = P, Expected = version, Writes = [StoreCalls.Put("a", "2"), DocumentWrite.Delete("b")], DueAt = Fixture.Time.GetUtcNow(),
        });
        await Store.DeleteAsync("session/acme/bob/gone");

        await ReopenAsync(crash);

        (await Store.VersionAsync(P)).ShouldBe(version);
        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "2" });
        (await Store.DueAsync(PartitionShard.Of(P), Fixture.Time.GetUtcNow(), 10)).ShouldHaveSingleItem().Partition.ShouldBe(P);
        (await Store.ReadAsync("session/acme/bob/gone", StoreCalls.Everything)).Erased.ShouldBeTrue();
        await Store.WriteAsync(P, version, StoreCalls.Insert("b", "3"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Versions_do_not_repeat_after_a_reopen(bool crash)
    {
        var seen = new HashSet<PartitionVersion>();
        for (var life = 0; life < 4; life++)
        {
            var version = await Store.VersionAsync(P);
            for (var i = 0; i < 3; i++)
            {
                version = await Store.WriteAsync(P, version, StoreCalls.Put("a", $"{i}"));
                seen.Add(version).ShouldBeTrue();
            }

            if (life % 2 == 0)
            {
                await Store.DeleteAsync(P);
                Fixture.Time.Advance(StorageLimits.TombstoneLifetime);
                await Store.PurgeAsync(P);
            }

            await ReopenAsync(crash);
        }
    }

    [Fact]
    public async Task A_crash_in_the_middle_of_commits_leaves_each_of_them_whole_or_not_at_all()
    {
        // Writers commit until the crash; each commit writes two documents and its number, so halves would show.
        const int writers = 8;
        var acknowledged = new int[writers];
        var total = 0;
        var warm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var store = Store;
        var running = Enumerable.Range(0, writers).Select(w => Task.Run(async () =>
        {
            var version = PartitionVersion.None;
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                version = await store.WriteAsync(
                    $"session/acme/writer/{w}", version, StoreCalls.Put("h", $"{i}"), StoreCalls.Insert($"a:{i:D6}", "x"), StoreCalls.Insert($"b:{i:D6}", "x"));
                Volatile.Write(ref acknowledged[w], i);
                if (Interlocked.Increment(ref total) == 100)
                {
                    warm.SetResult();
                }
            }
        })).ToArray();

        await Task.WhenAny(warm.Task, Task.WhenAll(running));
        var before = acknowledged.ToArray();
        await Medium.CrashAsync();
        await stop.CancelAsync();

        // The crash may have ended them with an error; what counts is what they were told before.
        await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);

        for (var w = 0; w < writers; w++)
        {
            var documents = await Store.ReadTextsAsync($"session/acme/writer/{w}");
            var last = documents.TryGetValue("h", out var text) ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
            last.ShouldBeGreaterThanOrEqualTo(before[w]);
            documents.Keys.Count(id => id.StartsWith("a:", StringComparison.Ordinal)).ShouldBe(last);
            documents.Keys.Count(id => id.StartsWith("b:", StringComparison.Ordinal)).ShouldBe(last);
        }
    }

    private Task ReopenAsync(bool crash) => crash ? Medium.CrashAsync() : Medium.ReopenAsync();
}
