using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    [Fact]
    public async Task An_erased_partition_reads_as_erased_and_empty()
    {
        await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));

        await Store.DeleteAsync(P);

        foreach (var page in new[] { await Store.ReadAsync(P, StoreCalls.Everything), await Store.GetAsync(P, ["a"]) })
        {
            page.Erased.ShouldBeTrue();
            page.Version.ShouldBe(PartitionVersion.None);
            page.Documents.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_late_writer_cannot_resurrect_what_was_erased()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        await Store.DeleteAsync(P);

        foreach (var expected in new[] { version, PartitionVersion.None })
        {
            var result = await Store.CommitAsync(P, expected, StoreCalls.Put("a", "2"));
            result.ShouldBe(new CommitResult(CommitStatus.Erased, PartitionVersion.None));
        }

        (await Store.ReadAsync(P, StoreCalls.Everything)).Erased.ShouldBeTrue();
    }

    [Fact]
    public async Task A_late_erasure_cannot_take_what_was_written_meanwhile_or_begun_anew()
    {
        var first = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var second = await Store.WriteAsync(P, first, StoreCalls.Put("a", "2"));
        (await Store.DeleteAsync(P, first)).ShouldBeFalse();
        (await Store.DeleteAsync(P, PartitionVersion.None)).ShouldBeFalse();
        (await Store.ReadTextsAsync(P))["a"].ShouldBe("2");

        (await Store.DeleteAsync(P, second)).ShouldBeTrue();
        (await Store.DeleteAsync(P, first)).ShouldBeTrue("it is erased already");
        await Store.WriteAsync(Recreation(PartitionVersion.None, StoreCalls.Put("a", "3")));
        (await Store.DeleteAsync(P, second)).ShouldBeFalse();
        (await Store.ReadTextsAsync(P))["a"].ShouldBe("3");
    }

    [Fact]
    public async Task Erasing_an_unknown_partition_leaves_a_tombstone()
    {
        await Store.DeleteAsync(P);

        (await Store.CommitAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"))).Status.ShouldBe(CommitStatus.Erased);
    }

    [Fact]
    public async Task A_commit_marked_recreate_makes_the_partition_anew_without_its_old_documents()
    {
        var old = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "old"), StoreCalls.Put("b", "old"));
        await Store.DeleteAsync(P);

        var version = await Store.WriteAsync(Recreation(PartitionVersion.None, StoreCalls.Insert("a", "new")));

        version.ShouldNotBe(old);
        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "new" });
        (await Store.CommitAsync(P, old, StoreCalls.Put("a", "late"))).Status.ShouldBe(CommitStatus.Conflict);
        await Store.WriteAsync(P, version, StoreCalls.Put("a", "newer"));
    }

    [Fact]
    public async Task Recreate_with_the_erased_version_is_a_conflict_and_on_a_living_partition_it_means_nothing()
    {
        var version = await Store.WriteAsync(Recreation(PartitionVersion.None, StoreCalls.Put("a", "1")));
        (await Store.CommitAsync(Recreation(PartitionVersion.None))).Status.ShouldBe(CommitStatus.Conflict);
        version = await Store.WriteAsync(Recreation(version, StoreCalls.Put("b", "2")));
        (await Store.ReadTextsAsync(P)).Count.ShouldBe(2);
        await Store.DeleteAsync(P);

        (await Store.CommitAsync(Recreation(version))).Status.ShouldBe(CommitStatus.Conflict);
    }

    [Fact]
    public async Task A_tombstone_is_purged_after_thirty_days_and_not_before()
    {
        await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        await Store.DeleteAsync(P);

        Fixture.Time.Advance(StorageLimits.TombstoneLifetime - TimeSpan.FromSeconds(1));
        await Store.PurgeAsync(P);
        (await Store.ReadAsync(P, StoreCalls.Everything)).Erased.ShouldBeTrue();

        Fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await Store.PurgeAsync(P);
        (await Store.ReadAsync(P, StoreCalls.Everything)).Erased.ShouldBeFalse();
        await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Insert("a", "2"));
    }

    [Fact]
    public async Task Erasing_again_does_not_make_the_tombstone_younger()
    {
        await Store.DeleteAsync(P);
        Fixture.Time.Advance(TimeSpan.FromDays(20));
        await Store.DeleteAsync(P);
        Fixture.Time.Advance(TimeSpan.FromDays(10));

        await Store.PurgeAsync(P);

        (await Store.ReadAsync(P, StoreCalls.Everything)).Erased.ShouldBeFalse();
    }

    [Fact]
    public async Task Purging_leaves_the_living_and_the_unknown_alone()
    {
        await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        Fixture.Time.Advance(TimeSpan.FromDays(365));

        await Store.PurgeAsync(P);
        await Store.PurgeAsync("session/never/was/there");

        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "1" });
    }

    [Fact]
    public async Task Versions_never_repeat_for_an_id()
    {
        var seen = new HashSet<PartitionVersion>();
        for (var life = 0; life < 4; life++)
        {
            var version = PartitionVersion.None;
            for (var i = 0; i < 5; i++)
            {
                version = await Store.WriteAsync(P, version, StoreCalls.Put("a", $"{life}/{i}"));
                seen.Add(version).ShouldBeTrue();
            }

            await Store.DeleteAsync(P);
            if (life % 2 == 0)
            {
                Fixture.Time.Advance(StorageLimits.TombstoneLifetime);
                await Store.PurgeAsync(P);
            }
            else
            {
                seen.Add(await Store.WriteAsync(Recreation(PartitionVersion.None))).ShouldBeTrue();
                await Store.DeleteAsync(P);
                Fixture.Time.Advance(StorageLimits.TombstoneLifetime);
                await Store.PurgeAsync(P);
            }
        }
    }

    [Fact]
    public async Task A_large_partition_is_erased_whole_while_others_write()
    {
        var version = PartitionVersion.None;
        for (var i = 0; i < 30; i++)
        {
            version = await Store.WriteAsync(P, version, [.. Enumerable.Range(i * 50, 50).Select(n => StoreCalls.Put($"m:{n:D4}", new string('x', 200)))]);
        }

        var erasure = Store.DeleteAsync(P).AsTask();
        await Store.WriteAsync("session/acme/bob/s", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await erasure;

        (await Store.ReadAllAsync(P, StoreCalls.Everything)).ShouldBeEmpty();
        await Store.WriteAsync(Recreation(PartitionVersion.None, StoreCalls.Put("a", "1")));
        (await Store.ReadTextsAsync(P)).Keys.ShouldBe(["a"]);
    }

    private static PartitionCommit Recreation(PartitionVersion expected, params DocumentWrite[] writes) =>
        new() { Partition = P, Expected = expected, Writes = writes, Recreate = true };
}
