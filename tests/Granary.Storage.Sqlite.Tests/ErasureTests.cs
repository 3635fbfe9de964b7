using System.Text;
using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Tests;

public sealed class ErasureTests : IDisposable
{
    private const string Secret = "the-secret-of-alice";
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Erased_text_is_not_in_the_files_after_close(int seed)
    {
        await using (var store = new SqlitePartitionStore(Options()))
        {
            await FillAsync(store, seed);
            await store.DeleteAsync("user/acme/alice");
        }

        Occurrences(Secret).ShouldBe(0);
        Occurrences("nothing-about-her").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Erased_text_leaves_the_files_of_a_running_store_once_it_is_idle()
    {
        await using var store = new SqlitePartitionStore(Options());
        await FillAsync(store, seed: 3);
        Occurrences(Secret).ShouldBeGreaterThan(0);

        await store.DeleteAsync("user/acme/alice");

        await Eventually(() => Occurrences(Secret) == 0);
        Occurrences("nothing-about-her").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Compaction_that_a_restart_prevented_is_made_up_for()
    {
        // Seed 12 leaves traces in an interior page when the database is not written anew.
        await using (var store = new SqlitePartitionStore(Options(compactLimit: 0)))
        {
            await FillAsync(store, seed: 12);
            await store.DeleteAsync("user/acme/alice");
        }

        Occurrences(Secret).ShouldBeGreaterThan(0);
        await using var again = new SqlitePartitionStore(Options());
        await Eventually(() => Occurrences(Secret) == 0);
    }

    [Fact]
    public async Task Writers_go_on_between_the_parts_of_a_large_erasure()
    {
        await using var probe = new StoreProbe(_folder.Path);
        await FillLargeAsync(probe.Store, 2_000);
        var groups = probe.Groups.Length;

        var erasure = await probe.HoldAsync(() => probe.Store.DeleteAsync("user/acme/alice").AsTask());
        var commit = probe.Store.CommitAsync("user/acme/bob", PartitionVersion.None, StoreCalls.Put("a", "1")).AsTask();
        probe.Release();

        await commit;
        await erasure;
        (probe.Groups.Length - groups).ShouldBeGreaterThanOrEqualTo(4);
        probe.Groups[groups].ShouldBe(2);
        CountDocuments().ShouldBe(1);
    }

    [Fact]
    public async Task An_erasure_that_a_crash_interrupted_is_finished_by_the_next_start()
    {
        using var crashed = await CrashWithinErasureAsync();

        await using (var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = crashed.Path }))
        {
            (await store.ReadAsync("user/acme/alice", StoreCalls.Everything)).Erased.ShouldBeTrue();
        }

        CountDocuments(crashed).ShouldBe(0);
    }

    [Fact]
    public async Task A_partition_made_anew_while_its_old_documents_are_being_removed_keeps_its_own()
    {
        using var crashed = await CrashWithinErasureAsync();
        await using var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = crashed.Path });

        await store.WriteAsync(new PartitionCommit
        {
            Partition = "user/acme/alice", Expected = PartitionVersion.None, Recreate = true, Writes = [StoreCalls.Insert("r:0001", "new")],
        });
        (await store.ReadTextsAsync("user/acme/alice")).ShouldBe(new Dictionary<string, string> { ["r:0001"] = "new" });
        await store.DisposeAsync();

        CountDocuments(crashed).ShouldBe(1);
    }

    [Fact]
    public async Task An_erasure_that_fails_at_once_leaves_the_partition_whole()
    {
        await using var probe = new StoreProbe(_folder.Path);
        await FillLargeAsync(probe.Store, 1_000);
        probe.Hooks.BeforeCommit = _ =>
        {
            probe.Hooks.BeforeCommit = null;
            throw new SqliteFailure(10, "injected", "testing");
        };

        await Should.ThrowAsync<StorageException>(async () => await probe.Store.DeleteAsync("user/acme/alice"));
        await probe.Store.ProbeAsync();

        (await probe.Store.ReadTextsAsync("user/acme/alice")).Count.ShouldBe(1_000);
    }

    [Fact]
    public async Task An_erasure_whose_disk_fails_half_way_tells_its_caller_and_can_be_called_again()
    {
        await using var probe = new StoreProbe(_folder.Path);
        await FillLargeAsync(probe.Store, 2_000);
        var groups = 0;
        probe.Hooks.BeforeCommit = _ => _ = ++groups == 2 ? throw new SqliteFailure(10, "injected", "testing") : 0;

        await Should.ThrowAsync<StorageException>(async () => await probe.Store.DeleteAsync("user/acme/alice"));
        await probe.Store.DeleteAsync("user/acme/alice");

        CountDocuments().ShouldBe(0);
    }

    /// <summary>Random order and sizes split and merge pages, which is where copies could stay behind.</summary>
    private static async Task FillAsync(SqlitePartitionStore store, int seed)
    {
        var random = new Random(seed);
        var (alice, bob) = (PartitionVersion.None, PartitionVersion.None);
        for (var i = 0; i < 400; i++)
        {
            alice = await store.WriteAsync("user/acme/alice", alice, RandomWrites(random, Secret));
            bob = await store.WriteAsync("user/acme/bob", bob, RandomWrites(random, "nothing-about-her"));
        }
    }

    private static DocumentWrite[] RandomWrites(Random random, string text) =>
    [
        .. Enumerable.Range(0, 20).Select(_ => $"r:{random.Next(3_000):D4}").Distinct().Select(id => random.Next(4) == 0
            ? DocumentWrite.Delete(id)
            : StoreCalls.Put(id, string.Concat(Enumerable.Repeat(text, random.Next(1, random.Next(10) == 0 ? 400 : 30))))),
    ];

    private static async Task FillLargeAsync(SqlitePartitionStore store, int documents)
    {
        var version = PartitionVersion.None;
        for (var i = 0; i < documents; i += 50)
        {
            version = await store.WriteAsync(
                "user/acme/alice", version, [.. Enumerable.Range(i, 50).Select(n => StoreCalls.Insert($"r:{n:D4}", Secret))]);
        }
    }

    /// <summary>Files of a store that died after the first part of a large erasure.</summary>
    private async Task<TestFolder> CrashWithinErasureAsync()
    {
        await using var probe = new StoreProbe(_folder.Path, o => o.CheckpointPages = int.MaxValue);
        await FillLargeAsync(probe.Store, 2_000);
        TestFolder? crashed = null;
        var groups = 0;
        probe.Hooks.BeforeCommit = _ => crashed = ++groups == 2 ? _folder.CopyAsAfterCrash() : crashed;
        await probe.Store.DeleteAsync("user/acme/alice");
        CountDocuments(crashed!).ShouldBeInRange(1, 1_999);
        return crashed!;
    }

    private int CountDocuments() => CountDocuments(_folder);

    private static int CountDocuments(TestFolder folder)
    {
        using var database = Database.Open(folder.Database, OpenMode.Write, TimeSpan.FromSeconds(5));
        return (int)database.QueryNumber("SELECT COUNT(*) FROM documents");
    }

    private SqliteStoreOptions Options(long compactLimit = 64_000_000) => new() { Folder = _folder.Path, CompactLimit = compactLimit };

    /// <summary>The store does this by itself after a moment; there is no call to wait for.</summary>
    private static async Task Eventually(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private int Occurrences(string text)
    {
        var found = 0;
        foreach (var file in new[] { _folder.Database, _folder.Log }.Where(File.Exists))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            found += Count(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)), Encoding.ASCII.GetBytes(text));
        }

        return found;
    }

    private static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> text)
    {
        var found = 0;
        for (var at = bytes.IndexOf(text); at >= 0; at = bytes.IndexOf(text))
        {
            found++;
            bytes = bytes[(at + text.Length)..];
        }

        return found;
    }

    public void Dispose() => _folder.Dispose();
}
