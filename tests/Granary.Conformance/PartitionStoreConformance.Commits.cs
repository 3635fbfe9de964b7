using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    [Fact]
    public async Task A_commit_is_read_back_with_its_version()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("h", "head"), StoreCalls.Put("m:1", "hello"));

        var page = await Store.ReadAsync(P, StoreCalls.Everything);
        page.Version.ShouldBe(version);
        page.Erased.ShouldBeFalse();
        page.Next.ShouldBeNull();
        page.Documents.Select(d => d.Id).ShouldBe(["h", "m:1"]);
        page.Documents[1].Body.ToArray().ShouldBe("hello"u8.ToArray());
    }

    [Fact]
    public async Task A_partition_that_never_was_is_empty_and_has_no_version()
    {
        foreach (var page in new[] { await Store.ReadAsync(P, StoreCalls.Everything), await Store.GetAsync(P, ["h"]) })
        {
            page.Version.ShouldBe(PartitionVersion.None);
            page.Erased.ShouldBeFalse();
            page.Documents.ShouldBeEmpty();
            page.Next.ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_commit_without_writes_makes_a_partition_and_changes_its_version()
    {
        var first = await Store.WriteAsync(P, PartitionVersion.None);
        var second = await Store.WriteAsync(P, first);

        second.ShouldNotBe(first);
        (await Store.VersionAsync(P)).ShouldBe(second);
    }

    [Fact]
    public async Task Bodies_come_back_byte_for_byte_also_when_empty_or_large()
    {
        var random = new Random(7);
        byte[][] bodies = [[], [0], [0, 255, 0], new byte[1_000], new byte[4_096], new byte[70_000], new byte[1_400_000]];
        var version = PartitionVersion.None;
        for (var i = 0; i < bodies.Length; i++)
        {
            random.NextBytes(bodies[i].AsSpan(Math.Min(bodies[i].Length, 2)));
            version = await Store.WriteAsync(P, version, DocumentWrite.Put($"b:{i}", bodies[i]));
        }

        var documents = await Store.ReadAllAsync(P, DocumentRange.Prefix("b:"));
        documents.Select(d => d.Body.ToArray()).ShouldBe(bodies);
    }

    [Fact]
    public async Task A_put_replaces_and_a_delete_removes_and_deleting_what_is_not_there_is_no_error()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"), StoreCalls.Put("b", "1"));

        await Store.WriteAsync(P, version, StoreCalls.Put("a", "a longer text than before"), DocumentWrite.Delete("b"), DocumentWrite.Delete("c"));

        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "a longer text than before" });
    }

    [Fact]
    public async Task An_insert_of_a_document_that_exists_refuses_the_whole_commit()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("k:1", "first"), StoreCalls.Put("x", "old"));

        var result = await Store.CommitAsync(
            P,
            version,
            StoreCalls.Insert("a", "new"),
            StoreCalls.Put("x", "new"),
            DocumentWrite.Delete("h"),
            StoreCalls.Insert("k:1", "second"),
            StoreCalls.Insert("z", "new"));

        result.ShouldBe(new CommitResult(CommitStatus.DocumentExists, PartitionVersion.None));
        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["k:1"] = "first", ["x"] = "old" });
        (await Store.VersionAsync(P)).ShouldBe(version);
        await Store.WriteAsync(P, version, StoreCalls.Insert("a", "new"));
    }

    [Fact]
    public async Task A_stale_version_is_a_conflict_that_writes_nothing()
    {
        var first = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var second = await Store.WriteAsync(P, first, StoreCalls.Put("a", "2"));

        foreach (var stale in new[] { PartitionVersion.None, first, new PartitionVersion(second.Value + 1_000) })
        {
            var result = await Store.CommitAsync(P, stale, StoreCalls.Put("a", "3"), StoreCalls.Put("b", "3"));
            result.ShouldBe(new CommitResult(CommitStatus.Conflict, PartitionVersion.None));
        }

        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "2" });
        (await Store.VersionAsync(P)).ShouldBe(second);
    }

    [Fact]
    public async Task A_version_for_a_partition_that_does_not_exist_is_a_conflict()
    {
        var result = await Store.CommitAsync(P, new PartitionVersion(1), StoreCalls.Put("a", "1"));

        result.Status.ShouldBe(CommitStatus.Conflict);
        (await Store.VersionAsync(P)).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_stale_writer_is_told_of_the_conflict_before_a_document_that_exists()
    {
        await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("k:1", "first"));

        (await Store.CommitAsync(P, PartitionVersion.None, StoreCalls.Insert("k:1", "second"))).Status.ShouldBe(CommitStatus.Conflict);
    }

    [Fact]
    public async Task Of_two_writers_with_the_same_version_exactly_one_wins()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "0"));
        for (var round = 0; round < 20; round++)
        {
            var at = version;
            var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer =>
                Task.Run(async () => await Store.CommitAsync(P, at, StoreCalls.Put("a", $"{round}/{writer}"), StoreCalls.Put($"w:{round}:{writer}", "x")))));

            results.Count(r => r.Status is CommitStatus.Committed).ShouldBe(1);
            results.Count(r => r.Status is CommitStatus.Conflict).ShouldBe(3);
            var winner = Array.FindIndex(results, r => r.Status is CommitStatus.Committed);
            version = results[winner].Version;
            var page = await Store.ReadAsync(P, StoreCalls.Everything);
            page.Version.ShouldBe(version);
            page.Documents.Count(d => d.Id.StartsWith($"w:{round}:", StringComparison.Ordinal)).ShouldBe(1);
            page.Documents.ShouldContain(d => d.Id == $"w:{round}:{winner}");
        }
    }

    [Fact]
    public async Task Concurrent_commits_on_many_partitions_are_all_kept_and_each_is_read_once_acknowledged()
    {
        const int partitions = 24;
        const int appends = 12;
        await Task.WhenAll(Enumerable.Range(0, partitions).Select(p => Task.Run(async () =>
        {
            var partition = $"session/acme/user-{p}/s";
            var version = PartitionVersion.None;
            for (var i = 1; i <= appends; i++)
            {
                version = await Store.WriteAsync(partition, version, StoreCalls.Insert($"m:{i:D20}", $"{p}/{i}"));
                var page = await Store.GetAsync(partition, [$"m:{i:D20}"]);
                page.Version.ShouldBe(version);
                page.Documents.Count.ShouldBe(1);
            }
        })));

        for (var p = 0; p < partitions; p++)
        {
            (await Store.ReadTextsAsync($"session/acme/user-{p}/s")).Values.ShouldBe(Enumerable.Range(1, appends).Select(i => $"{p}/{i}"));
        }
    }

    [Fact]
    public async Task Partitions_do_not_see_each_others_documents()
    {
        await Store.WriteAsync("session/a/b/c", PartitionVersion.None, StoreCalls.Put("h", "1"));
        await Store.WriteAsync("session/a/b/c2", PartitionVersion.None, StoreCalls.Put("h", "2"));
        await Store.WriteAsync("session/A/b/c", PartitionVersion.None, StoreCalls.Put("h", "3"));

        (await Store.ReadTextsAsync("session/a/b/c"))["h"].ShouldBe("1");
        (await Store.ReadTextsAsync("session/a/b/c2"))["h"].ShouldBe("2");
        (await Store.ReadTextsAsync("session/A/b/c"))["h"].ShouldBe("3");
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_before_it_begins_writes_nothing()
    {
        var commit = new PartitionCommit { Partition = P, Expected = PartitionVersion.None, Writes = [StoreCalls.Put("a", "1")] };

        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.CommitAsync(commit, new CancellationToken(canceled: true)));

        (await Store.VersionAsync(P)).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_working_store_says_that_it_can_be_read_and_written()
    {
        var health = await Store.ProbeAsync();

        health.Readable.ShouldBeTrue();
        health.Writable.ShouldBeTrue();
        health.Error.ShouldBeNull();
    }
}
