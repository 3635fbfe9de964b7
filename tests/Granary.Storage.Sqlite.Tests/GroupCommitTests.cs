using System.Diagnostics.Metrics;
using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Tests;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Commits_that_wait_for_the_writer_share_one_transaction()
    {
        await using var probe = new StoreProbe(_folder.Path);

        var results = await CommitTogetherAsync(probe, [.. Enumerable.Range(0, 65).Select(i => Create($"p/{i}"))]);

        results.ShouldAllBe(r => r.Status == CommitStatus.Committed);
        results.Select(r => r.Version).Distinct().Count().ShouldBe(65);
        probe.Groups.ShouldBe([65]);
    }

    [Fact]
    public async Task A_group_is_bounded_by_its_number_of_commits()
    {
        await using var probe = new StoreProbe(_folder.Path, o => o.MaxGroupCommits = 10);

        await CommitTogetherAsync(probe, [.. Enumerable.Range(0, 25).Select(i => Create($"p/{i}"))]);

        probe.Groups.ShouldBe([10, 10, 5]);
    }

    [Fact]
    public async Task A_group_is_bounded_by_its_bytes()
    {
        await using var probe = new StoreProbe(_folder.Path, o => o.MaxGroupBytes = 2_500);

        await CommitTogetherAsync(probe, [.. Enumerable.Range(0, 7).Select(i => Create($"p/{i}", DocumentWrite.Put("a", new byte[1_000])))]);

        probe.Groups.ShouldBe([3, 3, 1]);
    }

    [Fact]
    public async Task Under_concurrency_there_are_far_fewer_transactions_than_commits()
    {
        await using var probe = new StoreProbe(_folder.Path);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(w => Task.Run(async () =>
        {
            var version = PartitionVersion.None;
            for (var i = 0; i < 20; i++)
            {
                version = await probe.Store.WriteAsync($"p/{w}", version, StoreCalls.Insert($"m:{i}", "x"));
            }
        })));

        probe.Groups.Sum().ShouldBe(640);
        probe.Groups.Length.ShouldBeLessThan(320);
    }

    [Fact]
    public async Task A_refused_commit_of_a_group_fails_alone()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var version = await probe.Store.WriteAsync("p/1", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await probe.Store.DeleteAsync("p/erased");

        var results = await CommitTogetherAsync(
            probe,
            Create("p/0"),
            new PartitionCommit { Partition = "p/1", Expected = new(version.Value + 99), Writes = [StoreCalls.Put("x", "stale")] },
            new PartitionCommit { Partition = "p/1", Expected = version, Writes = [StoreCalls.Insert("b", "2"), StoreCalls.Insert("a", "exists")] },
            Create("p/erased"),
            new PartitionCommit { Partition = "p/1", Expected = version, Writes = [StoreCalls.Insert("c", "3")] },
            new PartitionCommit { Partition = "p/1", Expected = version, Writes = [StoreCalls.Insert("d", "second with this version")] },
            Create("p/2"));

        results.Select(r => r.Status).ShouldBe(
        [
            CommitStatus.Committed, CommitStatus.Conflict, CommitStatus.DocumentExists, CommitStatus.Erased,
            CommitStatus.Committed, CommitStatus.Conflict, CommitStatus.Committed,
        ]);
        probe.Groups[^1].ShouldBe(7);
        (await probe.Store.ReadTextsAsync("p/1")).ShouldBe(new Dictionary<string, string> { ["a"] = "1", ["c"] = "3" });
    }

    [Fact]
    public async Task A_storage_error_fails_the_whole_group_and_the_next_one_succeeds()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None, StoreCalls.Put("a", "1"));
        FailOnce(probe.Hooks);

        var commits = await HoldAsync(
            probe,
            new PartitionCommit { Partition = "p/0", Expected = version, Writes = [StoreCalls.Put("a", "2")] },
            new PartitionCommit { Partition = "p/0", Expected = PartitionVersion.None, Writes = [] },
            Create("p/1"));
        var erasure = probe.Store.DeleteAsync("p/2").AsTask();
        probe.Release();

        foreach (var commit in commits)
        {
            (await Should.ThrowAsync<StorageException>(commit)).Message.ShouldContain("I/O error");
        }

        await Should.ThrowAsync<StorageException>(erasure);
        (await probe.Store.ReadTextsAsync("p/0"))["a"].ShouldBe("1");
        (await probe.Store.VersionAsync("p/1")).ShouldBe(PartitionVersion.None);

        // What the writer remembered of the failed group is forgotten: the old version still holds.
        var next = await probe.Store.WriteAsync("p/0", version, StoreCalls.Put("a", "3"));
        next.ShouldNotBe(version);
        await probe.Store.WriteAsync("p/1", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await probe.Store.WriteAsync("p/2", PartitionVersion.None, StoreCalls.Put("a", "1"));
    }

    [Fact]
    public async Task An_interruption_that_comes_after_a_compaction_only_delays_the_copy_of_the_log()
    {
        await using var probe = new StoreProbe(_folder.Path, o => o.CheckpointPages = 100);
        Database? writer = null;
        var copied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        probe.Hooks.BeforeGroup = database => writer = database;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, probe.Store.Instruments.Meter))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };

        // On the writer's thread, between the commit and the copy: nothing that would take the interruption runs until then.
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => writer!.Interrupt());
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) =>
        {
            if (instrument.Name == "granary.sqlite.checkpoint.duration")
            {
                copied.TrySetResult();
            }
        });
        listener.Start();

        await probe.Store.CommitAsync(Create("p/0", DocumentWrite.Put("a", new byte[1_000_000])));

        await copied.Task.WaitAsync(TimeSpan.FromSeconds(30));
        probe.Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_version_that_a_failed_group_had_given_is_not_given_again()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var before = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        FailOnce(probe.Hooks);
        var commits = await HoldAsync(probe, [.. Enumerable.Range(1, 20).Select(i => Create($"p/{i}"))]);
        probe.Release();
        await Should.ThrowAsync<StorageException>(Task.WhenAll(commits));

        var after = await probe.Store.WriteAsync("p/0", before);

        // Each of the twenty had taken a number for its key and one for its version.
        after.Value.ShouldBeGreaterThan(before.Value + 40);
    }

    [Fact]
    public async Task Numbers_whose_reservation_was_rolled_back_are_reserved_again()
    {
        await using var probe = new StoreProbe(_folder.Path, o => o.CheckpointPages = int.MaxValue);
        FailOnce(probe.Hooks);
        await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync(Create("p/0")));
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);

        using var crashed = _folder.CopyAsAfterCrash();
        await using var next = new StoreProbe(crashed.Path);
        (await next.Store.WriteAsync("p/0", version)).Value.ShouldBeGreaterThan(version.Value);
    }

    [Fact]
    public async Task A_broken_connection_is_replaced_by_the_next_group()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        var held = probe.Hooks.BeforeGroup!;
        probe.Hooks.BeforeGroup = database =>
        {
            probe.Hooks.BeforeGroup = held;
            database.Dispose();
        };

        await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync(Create("p/1")));
        await probe.Store.WriteAsync("p/1", PartitionVersion.None);
        await probe.Store.WriteAsync("p/0", version);
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_while_it_waits_writes_nothing()
    {
        await using var probe = new StoreProbe(_folder.Path);
        using var cancellation = new CancellationTokenSource();
        var first = await HoldAsync(probe, Create("p/0"));

        var waiting = probe.Store.CommitAsync(Create("p/1"), cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        probe.Release();

        (await first[0]).Status.ShouldBe(CommitStatus.Committed);
        (await probe.Store.VersionAsync("p/1")).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_after_the_writer_began_it_is_answered()
    {
        await using var probe = new StoreProbe(_folder.Path);
        using var cancellation = new CancellationTokenSource();
        var begun = await probe.HoldAsync(() => probe.Store.CommitAsync(Create("p/0"), cancellation.Token).AsTask());

        await cancellation.CancelAsync();
        probe.Release();

        (await begun).Status.ShouldBe(CommitStatus.Committed);
    }

    [Fact]
    public async Task The_writer_thread_does_not_run_what_follows_a_commit()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var writer = -1;
        probe.Hooks.BeforeCommit = _ => writer = Environment.CurrentManagedThreadId;

        (await ThreadAfterCommitAsync()).ShouldNotBe(writer);

        async Task<int> ThreadAfterCommitAsync()
        {
            await probe.Store.CommitAsync(Create("p/0")).ConfigureAwait(false);
            return Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task Closing_finishes_what_waits_and_refuses_what_comes()
    {
        var probe = new StoreProbe(_folder.Path);
        var commits = await HoldAsync(probe, [.. Enumerable.Range(0, 30).Select(i => Create($"p/{i}"))]);

        var closing = probe.DisposeAsync().AsTask();
        (await Task.WhenAll(commits)).ShouldAllBe(r => r.Status == CommitStatus.Committed);
        await closing;
        await probe.Store.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(async () => await probe.Store.CommitAsync(Create("p/x")));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await probe.Store.ReadAsync("p/0", StoreCalls.Everything));
        (await probe.Store.ProbeAsync()).Writable.ShouldBeFalse();
        await using var again = new StoreProbe(_folder.Path);
        (await again.Store.VersionAsync("p/29")).ShouldNotBe(PartitionVersion.None);
        File.Exists(_folder.Log).ShouldBeTrue();
    }

    [Fact]
    public async Task The_log_is_copied_when_it_has_grown_and_removed_when_the_store_is_closed()
    {
        await using (var probe = new StoreProbe(_folder.Path, o => o.CheckpointPages = 100))
        {
            var version = PartitionVersion.None;
            for (var i = 0; i < 40; i++)
            {
                version = await probe.Store.WriteAsync("p/0", version, DocumentWrite.Put($"b:{i}", new byte[100_000]));
            }

            // Without copies it would hold the four megabytes that were written.
            new FileInfo(_folder.Log).Length.ShouldBeLessThan(1_500_000);
        }

        File.Exists(_folder.Log).ShouldBeFalse();
    }

    private static PartitionCommit Create(string partition, params DocumentWrite[] writes) =>
        new() { Partition = partition, Expected = PartitionVersion.None, Writes = writes };

    /// <summary>Makes the next group fail as a disk does whose sync fails, once.</summary>
    private static void FailOnce(SqliteStoreHooks hooks)
    {
        const int syncFailed = 1034;
        hooks.BeforeCommit = _ =>
        {
            hooks.BeforeCommit = null;
            throw new SqliteFailure(syncFailed, "injected", "testing");
        };
    }

    /// <summary>Queues commits while the writer is held, in order; the test releases it.</summary>
    private static async Task<Task<CommitResult>[]> HoldAsync(StoreProbe probe, params PartitionCommit[] commits)
    {
        var first = await probe.HoldAsync(() => probe.Store.CommitAsync(commits[0]).AsTask());
        return [first, .. commits[1..].Select(commit => probe.Store.CommitAsync(commit).AsTask())];
    }

    private static async Task<CommitResult[]> CommitTogetherAsync(StoreProbe probe, params PartitionCommit[] commits)
    {
        var tasks = await HoldAsync(probe, commits);
        probe.Release();
        return await Task.WhenAll(tasks);
    }

    public void Dispose() => _folder.Dispose();
}
