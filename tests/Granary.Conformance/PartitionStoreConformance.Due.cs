using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    private DateTimeOffset Now => Fixture.Time.GetUtcNow();

    [Fact]
    public async Task Due_partitions_come_the_longest_due_first_up_to_the_time_and_the_maximum()
    {
        var ids = IdsOfShard(17, 5);
        for (var i = 0; i < ids.Length; i++)
        {
            await SetDueAsync(ids[i], PartitionVersion.None, Now.AddMinutes((i * 3 % 5) - 2));
        }

        var due = await Store.DueAsync(17, Now, 100);
        due.ShouldBe(
        [
            new DuePartition(ids[0], Now.AddMinutes(-2), false),
            new DuePartition(ids[2], Now.AddMinutes(-1), false),
            new DuePartition(ids[4], Now, false),
        ]);
        (await Store.DueAsync(17, Now, 2)).Select(d => d.Partition).ShouldBe([ids[0], ids[2]]);
        (await Store.DueAsync(17, Now.AddMinutes(-3), 100)).ShouldBeEmpty();
        (await Store.DueAsync(17, Now.AddMinutes(2), 100)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_shard_sees_only_its_own_partitions()
    {
        for (var i = 0; i < 50; i++)
        {
            await SetDueAsync($"session/acme/alice/s-{i}", PartitionVersion.None, Now);
        }

        var found = new List<string>();
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            var due = await Store.DueAsync(shard, Now, 100);
            due.ShouldAllBe(d => PartitionShard.Of(d.Partition) == shard);
            found.AddRange(due.Select(d => d.Partition));
        }

        found.Order().ShouldBe(Enumerable.Range(0, 50).Select(i => $"session/acme/alice/s-{i}").Order());
    }

    [Fact]
    public async Task Each_commit_replaces_the_due_time_or_clears_it()
    {
        var shard = PartitionShard.Of(P);
        var version = await SetDueAsync(P, PartitionVersion.None, Now);
        version = await SetDueAsync(P, version, Now.AddHours(1));
        (await Store.DueAsync(shard, Now, 10)).ShouldBeEmpty();
        (await Store.DueAsync(shard, Now.AddHours(1), 10)).ShouldHaveSingleItem().DueAt.ShouldBe(Now.AddHours(1));

        version = await SetDueAsync(P, version, Now.AddMinutes(-1));
        (await Store.DueAsync(shard, Now, 10)).ShouldHaveSingleItem().DueAt.ShouldBe(Now.AddMinutes(-1));

        version = await Store.WriteAsync(P, version, StoreCalls.Put("a", "1"));
        (await Store.DueAsync(shard, Now.AddYears(1), 10)).ShouldBeEmpty();
        await SetDueAsync(P, version, Now);
        (await Store.DueAsync(shard, Now, 10)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_commit_does_not_change_the_due_time()
    {
        var version = await SetDueAsync(P, PartitionVersion.None, Now, StoreCalls.Put("a", "1"));

        await Store.CommitAsync(Commit(new PartitionVersion(version.Value + 1), null));
        await Store.CommitAsync(Commit(version, null, StoreCalls.Insert("a", "2")));

        (await Store.DueAsync(PartitionShard.Of(P), Now, 10)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_due_time_of_another_offset_is_the_same_moment()
    {
        var local = new DateTimeOffset(2026, 3, 1, 2, 0, 0, 123, TimeSpan.FromHours(2));
        await SetDueAsync(P, PartitionVersion.None, local);

        (await Store.DueAsync(PartitionShard.Of(P), local.ToUniversalTime().AddMilliseconds(-1), 10)).ShouldBeEmpty();
        (await Store.DueAsync(PartitionShard.Of(P), local.ToUniversalTime(), 10)).ShouldHaveSingleItem().DueAt.ShouldBe(local);
    }

    [Fact]
    public async Task A_tombstone_is_due_when_its_lifetime_is_over_and_its_old_due_time_is_forgotten()
    {
        var shard = PartitionShard.Of(P);
        await SetDueAsync(P, PartitionVersion.None, Now);
        await Store.DeleteAsync(P);
        var end = Now + StorageLimits.TombstoneLifetime;

        (await Store.DueAsync(shard, end.AddSeconds(-1), 10)).ShouldBeEmpty();
        (await Store.DueAsync(shard, end, 10)).ShouldBe([new DuePartition(P, end, Erased: true)]);

        Fixture.Time.Advance(StorageLimits.TombstoneLifetime);
        await Store.PurgeAsync(P);
        (await Store.DueAsync(shard, end.AddYears(1), 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_recreated_partition_is_due_as_its_commit_says_and_no_longer_as_a_tombstone()
    {
        await Store.DeleteAsync(P);
        await Store.WriteAsync(new PartitionCommit
        {
            Partition = P, Expected = PartitionVersion.None, Writes = [], DueAt = Now.AddDays(1), Recreate = true,
        });

        (await Store.DueAsync(PartitionShard.Of(P), Now.AddYears(1), 10)).ShouldBe([new DuePartition(P, Now.AddDays(1), Erased: false)]);
    }

    private Task<PartitionVersion> SetDueAsync(string partition, PartitionVersion expected, DateTimeOffset due, params DocumentWrite[] writes) =>
        Store.WriteAsync(new PartitionCommit { Partition = partition, Expected = expected, Writes = writes, DueAt = due });

    private static PartitionCommit Commit(PartitionVersion expected, DateTimeOffset? due, params DocumentWrite[] writes) =>
        new() { Partition = P, Expected = expected, Writes = writes, DueAt = due };

    private static string[] IdsOfShard(int shard, int count) =>
        [.. Enumerable.Range(0, int.MaxValue).Select(i => $"user/acme/u-{i}").Where(id => PartitionShard.Of(id) == shard).Take(count)];
}
