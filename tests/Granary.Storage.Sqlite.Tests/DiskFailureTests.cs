using Granary.Conformance;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Tests;

public sealed class DiskFailureTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_full_database_refuses_writes_goes_on_reading_and_recovers_without_a_restart()
    {
        await using var probe = new StoreProbe(_folder.Path, time: _time);
        var version = await probe.Store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
        OnWriter(probe, database => database.Execute($"PRAGMA max_page_count = {database.QueryNumber("PRAGMA page_count")}"));

        await AssertFailsAndRecoversAsync(probe, version, () => OnWriter(probe, database => database.Execute("PRAGMA max_page_count = 1000000")));
    }

    [LinuxRootFact]
    public async Task A_full_disk_refuses_writes_goes_on_reading_and_recovers_without_a_restart()
    {
        using var disk = new SmallDisk(megabytes: 8);
        await using var probe = new StoreProbe(disk.Path, time: _time);
        var version = await probe.Store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
        var filler = disk.Fill(leaveKilobytes: 100);

        await AssertFailsAndRecoversAsync(probe, version, () => File.Delete(filler));
    }

    [Fact]
    public async Task A_database_that_became_read_only_refuses_writes_and_recovers()
    {
        await using var probe = new StoreProbe(_folder.Path, time: _time);
        var version = await probe.Store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
        OnWriter(probe, database => database.Execute("PRAGMA query_only = ON"));

        (await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync("p", version, StoreCalls.Put("a", "2"))))
            .Message.ShouldContain("read-only");
        await Should.ThrowAsync<StorageException>(async () => await probe.Store.DeleteAsync("p"));
        (await probe.Store.ReadTextsAsync("p"))["a"].ShouldBe("1");

        OnWriter(probe, database => database.Execute("PRAGMA query_only = OFF"));
        await probe.Store.WriteAsync("p", version, StoreCalls.Put("a", "3"));
    }

    [Fact]
    public async Task A_disk_that_flaps_is_logged_once_a_minute()
    {
        await using var probe = new StoreProbe(_folder.Path, time: _time);
        for (var i = 0; i < 5; i++)
        {
            await FlapAsync(probe);
        }

        probe.Problems.Length.ShouldBe(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        await FlapAsync(probe);
        probe.Problems.Length.ShouldBe(4);
    }

    [Fact]
    public async Task A_group_that_only_refuses_does_not_count_as_a_recovery()
    {
        await using var probe = new StoreProbe(_folder.Path, time: _time);
        await probe.Store.WriteAsync("p", PartitionVersion.None);
        FailOnce(probe);
        (await probe.Store.ProbeAsync()).Writable.ShouldBeFalse();

        (await probe.Store.CommitAsync("p", PartitionVersion.None)).Status.ShouldBe(CommitStatus.Conflict);

        probe.Problems.ShouldHaveSingleItem().ShouldStartWith("Error:");
    }

    [Fact]
    public async Task A_damaged_database_fails_reads_with_advice()
    {
        await using (var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder.Path }))
        {
            var version = PartitionVersion.None;
            for (var i = 0; i < 10; i++)
            {
                version = await store.WriteAsync("p", version, DocumentWrite.Put($"a:{i}", new byte[50_000]));
            }
        }

        using (var database = Database.Open(_folder.Database, OpenMode.Write, TimeSpan.FromSeconds(5)))
        await using (var file = new FileStream(_folder.Database, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 4_096 * (database.QueryNumber("SELECT rootpage FROM sqlite_master WHERE name = 'documents'") - 1);
            file.Write(new byte[4_096]);
        }

        await using var damaged = new StoreProbe(_folder.Path);
        (await Should.ThrowAsync<StorageException>(async () => await damaged.Store.ReadAllAsync("p", StoreCalls.Everything)))
            .Message.ShouldContain("restore the data folder from a backup");
    }

    private async Task AssertFailsAndRecoversAsync(StoreProbe probe, PartitionVersion version, Action recover)
    {
        var large = StoreCalls.Put("b", new string('x', 500_000));
        for (var attempt = 0; attempt < 3; attempt++)
        {
            (await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync("p", version, large)))
                .Message.ShouldBe("The disk of the data folder is full; writing resumes by itself once there is space.");
            (await probe.Store.ReadTextsAsync("p")).ShouldBe(new Dictionary<string, string> { ["a"] = "1" });
            (await probe.Store.VersionAsync("p")).ShouldBe(version);
        }

        probe.Problems.ShouldHaveSingleItem().ShouldContain("full");
        _time.Advance(TimeSpan.FromSeconds(90));
        recover();

        await probe.Store.WriteAsync("p", version, large);
        (await probe.Store.ReadAllAsync("p", StoreCalls.Everything)).Count.ShouldBe(2);
        (await probe.Store.ProbeAsync()).Writable.ShouldBeTrue();
        probe.Problems.Length.ShouldBe(2);
        probe.Problems[1].ShouldContain("works again, after 3 failed transactions in 00:01:30");
    }

    /// <summary>Runs on the writer's connection, before its next group.</summary>
    private static void OnWriter(StoreProbe probe, Action<Database> action)
    {
        var held = probe.Hooks.BeforeGroup;
        probe.Hooks.BeforeGroup = database =>
        {
            probe.Hooks.BeforeGroup = held;
            action(database);
        };
    }

    private static void FailOnce(StoreProbe probe) => OnWriter(probe, _ => throw new SqliteFailure(10, "injected", "testing"));

    private static async Task FlapAsync(StoreProbe probe)
    {
        FailOnce(probe);
        (await probe.Store.ProbeAsync()).Writable.ShouldBeFalse();
        var health = await probe.Store.ProbeAsync();
        health.ShouldSatisfyAllConditions(h => h.Writable.ShouldBeTrue(), h => h.Readable.ShouldBeTrue(), h => h.Error.ShouldBeNull());
    }

    public void Dispose() => _folder.Dispose();
}
