using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;

namespace Granary.Storage.Sqlite.Tests.Fakes;

public sealed class FaultyPartitionStoreTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryPartitionStore _inner;
    private readonly FaultyPartitionStore _store;

    public FaultyPartitionStoreTests()
    {
        _inner = new InMemoryPartitionStore(_time);
        _store = new FaultyPartitionStore(_inner);
    }

    [Fact]
    public async Task A_failure_before_the_write_writes_nothing_and_one_after_it_does()
    {
        _store.FailCommits(1, FaultPoint.BeforeWrite);
        await ShouldFailAsync("p");
        (await _inner.VersionAsync("p")).ShouldBe(PartitionVersion.None);

        _store.FailCommits(1, FaultPoint.AfterWrite);
        await ShouldFailAsync("p");
        (await _inner.VersionAsync("p")).ShouldNotBe(PartitionVersion.None);

        await _store.WriteAsync("q", PartitionVersion.None);
    }

    [Fact]
    public async Task Failures_can_be_aimed()
    {
        _store.FailCommits(1, when: commit => commit.Partition == "p");
        _store.FailReads(1, when: partition => partition == "p");
        _store.FailDeletes(1, FaultPoint.AfterWrite);

        var version = await _store.WriteAsync("q", PartitionVersion.None);
        await ShouldFailAsync("p");
        (await _store.ReadAsync("q", StoreCalls.Everything)).Documents.ShouldBeEmpty();
        await Should.ThrowAsync<StorageException>(async () => await _store.GetAsync("p", []));
        await _store.GetAsync("p", []);
        await Should.ThrowAsync<StorageException>(async () => await _store.DeleteAsync("q", version));
        (await _inner.GetAsync("q", [])).Erased.ShouldBeTrue();
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task A_crash_at_a_commit_takes_everything_down_until_recovery(FaultPoint point)
    {
        _store.CrashAt(2, point);
        await _store.WriteAsync("p/1", PartitionVersion.None);
        await ShouldFailAsync("p/2");

        _store.IsCrashed.ShouldBeTrue();
        await ShouldFailAsync("p/3");
        await Should.ThrowAsync<StorageException>(async () => await _store.ReadAsync("p/1", StoreCalls.Everything));
        await Should.ThrowAsync<StorageException>(async () => await _store.DueAsync(0, _time.GetUtcNow(), 1));
        (await _store.ProbeAsync()).Writable.ShouldBeFalse();

        _store.Recover();
        (await _store.ProbeAsync()).Writable.ShouldBeTrue();
        _inner.Partitions.ShouldBe(point is FaultPoint.BeforeWrite ? ["p/1"] : ["p/1", "p/2"]);
    }

    [Fact]
    public async Task A_gate_holds_commits_until_they_are_released_or_failed()
    {
        using var gate = _store.HoldCommits(commit => commit.Partition != "free");
        var first = _store.CommitAsync("p/1", PartitionVersion.None).AsTask();
        (await gate.ArrivalAsync()).Partition.ShouldBe("p/1");
        var second = _store.CommitAsync("p/2", PartitionVersion.None).AsTask();
        (await gate.ArrivalAsync()).Partition.ShouldBe("p/2");
        await _store.WriteAsync("free", PartitionVersion.None);

        gate.Held.ShouldBe(2);
        first.IsCompleted.ShouldBeFalse();
        _inner.Partitions.ShouldBe(["free"]);

        gate.FailOne();
        await Should.ThrowAsync<StorageException>(first);
        gate.ReleaseOne();
        (await second).Status.ShouldBe(CommitStatus.Committed);
        gate.Dispose();
        await _store.WriteAsync("p/3", PartitionVersion.None);
        _inner.Partitions.ShouldBe(["free", "p/2", "p/3"]);
    }

    [Fact]
    public async Task A_gate_after_the_write_holds_only_the_answer()
    {
        using var gate = _store.HoldCommits(point: FaultPoint.AfterWrite);
        var commit = _store.CommitAsync("p", PartitionVersion.None).AsTask();
        await gate.ArrivalAsync();

        _inner.Partitions.ShouldBe(["p"]);
        commit.IsCompleted.ShouldBeFalse();
        gate.FailOne();
        await Should.ThrowAsync<StorageException>(commit);
    }

    [Fact]
    public async Task A_commit_that_is_held_while_the_store_crashes_fails()
    {
        using var gate = _store.HoldCommits();
        var commit = _store.CommitAsync("p", PartitionVersion.None).AsTask();
        await gate.ArrivalAsync();

        _store.Crash();
        gate.ReleaseOne();

        await Should.ThrowAsync<StorageException>(commit);
        _inner.Partitions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Delays_follow_the_clock_of_the_test()
    {
        _store.DelayCommits(TimeSpan.FromSeconds(2), _time);
        var commit = _store.CommitAsync("p", PartitionVersion.None).AsTask();
        await _time.UntilTimersAsync(1);
        commit.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(2));

        (await commit.WaitAsync(TimeSpan.FromSeconds(30))).Status.ShouldBe(CommitStatus.Committed);
    }

    [Fact]
    public async Task It_counts_calls_documents_and_bytes()
    {
        var version = await _store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "123"), StoreCalls.Insert("b", "1"));
        await _store.CommitAsync("p", PartitionVersion.None, StoreCalls.Put("c", "refused"));
        version = await _store.WriteAsync("p", version, DocumentWrite.Delete("b"));
        await _store.ReadAsync("p", StoreCalls.Everything);
        await _store.GetAsync("p", ["a"]);
        await _store.DueAsync(0, _time.GetUtcNow(), 1);
        await _store.DeleteAsync("p", version);
        await _store.PurgeAsync("p");

        _store.TakeCounts().ShouldBe(new StoreCounts(
            Commits: 3, Committed: 2, DocumentsWritten: 2, DocumentsDeleted: 1, BytesWritten: 7,
            Reads: 2, DocumentsRead: 2, BytesRead: 8, DueQueries: 1, Deletes: 1, Purges: 1));
        _store.Counts.ShouldBe(StoreCounts.Zero);
    }

    private async Task ShouldFailAsync(string partition) =>
        await Should.ThrowAsync<StorageException>(async () => await _store.CommitAsync(partition, PartitionVersion.None));
}
