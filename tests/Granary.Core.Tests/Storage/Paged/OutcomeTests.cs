using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

/// <summary>What a caller is told when the medium fails or repeats writes on its own.</summary>
public sealed class OutcomeTests
{
    private const string P = "session/acme/alice/s-1";

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryRecordStore _inner = new();
    private readonly FaultyRecordStore _records;
    private readonly InMemoryDueList _due;
    private readonly PagedPartitionStore _store;

    public OutcomeTests()
    {
        _records = new FaultyRecordStore(_inner);
        _due = new InMemoryDueList(_time);
        _store = new PagedPartitionStore(_records, _due, _time);
    }

    [Fact]
    public async Task A_conflict_with_ones_own_write_that_the_medium_repeated_is_a_success()
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        FailOnce(afterWrite: true, () => new RecordConflictException("the second try met the first"));

        var result = await _store.CommitAsync(P, version, StoreCalls.Put("a", "2"));

        result.Status.ShouldBe(CommitStatus.Committed);
        (await _store.VersionAsync(P)).ShouldBe(result.Version);
        (await _store.ReadTextsAsync(P))["a"].ShouldBe("2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_of_the_medium_is_an_unknown_outcome_and_the_next_call_asks_the_record(bool afterWrite)
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        FailOnce(afterWrite, () => new TimeoutException("no answer"));

        await Should.ThrowAsync<StorageException>(async () => await _store.CommitAsync(P, version, StoreCalls.Put("a", "2")));

        (await _store.CommitAsync(P, version, StoreCalls.Put("a", "3"))).Status.ShouldBe(afterWrite ? CommitStatus.Conflict : CommitStatus.Committed);
    }

    [Fact]
    public async Task A_commit_costs_one_write_and_no_read_when_the_head_is_remembered()
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var before = (_records.Reads, _records.Writes);

        await _store.WriteAsync(P, version, StoreCalls.Put("a", "2"), StoreCalls.Insert("m:1", "x"));

        (_records.Reads - before.Reads, _records.Writes - before.Writes).ShouldBe((0, 1));
    }

    [Fact]
    public async Task A_later_due_time_needs_no_entry_and_an_earlier_one_does()
    {
        var version = await DueAsync(PartitionVersion.None, 10);
        version = await DueAsync(version, 20);
        version = await DueAsync(version, 30);
        _due.Added.ShouldBe(1);
        version = await DueAsync(version, 5);
        _due.Added.ShouldBe(2);

        await DueAsync(version, 50);
        (await _store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow().AddMinutes(40), 10)).ShouldBeEmpty();
        (await _store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow().AddMinutes(50), 10)).Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromHours(2));
        (await _store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 10)).Count.ShouldBe(1);
        _due.Count.ShouldBe(1, "the false entries are gone");
    }

    [Fact]
    public async Task An_erasure_that_was_broken_off_is_finished_by_maintenance()
    {
        var version = PartitionVersion.None;
        for (var i = 0; i < 100; i++)
        {
            version = await _store.WriteAsync(P, version, StoreCalls.Insert($"m:{i:d4}", $"{i}"));
        }

        _time.Advance(TimeSpan.FromHours(3));
        _records.Before = (call, _, record) => call is RecordCall.Delete ? throw new StorageException("down") : default;
        await Should.ThrowAsync<StorageException>(async () => await _store.DeleteAsync(P, version));
        _records.Before = null;
        (await _store.ReadAsync(P, StoreCalls.Everything)).Erased.ShouldBeTrue();
        _inner.RecordsOf(P).Count.ShouldBeGreaterThan(1);

        await _store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 10);

        _inner.RecordsOf(P).Keys.ShouldBe(["head"]);
    }

    [Fact]
    public async Task A_damaged_partition_does_not_keep_the_others_from_what_is_due()
    {
        var ids = Enumerable.Range(0, 5_000).Select(i => $"user/acme/u-{i}").Where(id => PartitionShard.Of(id) == 9).Take(3).ToArray();
        foreach (var id in ids)
        {
            await _store.WriteAsync(new PartitionCommit { Partition = id, Expected = PartitionVersion.None, Writes = [], DueAt = _time.GetUtcNow() });
        }

        _inner.WriteBlindly(ids[0], "head", "damaged"u8.ToArray());

        (await _store.DueAsync(9, _time.GetUtcNow(), 10)).Select(d => d.Partition).ShouldBe(ids[1..], ignoreOrder: true);
        await Should.ThrowAsync<StorageException>(async () => await _store.ReadAsync(ids[0], StoreCalls.Everything));
    }

    [Fact]
    public async Task A_false_entry_that_cannot_be_removed_neither_hides_what_is_due_nor_is_asked_for_for_ever()
    {
        var list = new StubbornDueList(_due);
        var store = new PagedPartitionStore(_records, list, _time);
        await _due.AddAsync(PartitionShard.Of(P), P, _time.GetUtcNow().AddMinutes(-1));
        _time.Advance(TimeSpan.FromHours(2));
        await store.WriteAsync(new PartitionCommit { Partition = P, Expected = PartitionVersion.None, Writes = [], DueAt = _time.GetUtcNow() });

        (await store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 1)).ShouldHaveSingleItem().Partition.ShouldBe(P);

        list.Removals.ShouldBe(1);
    }

    [Fact]
    public async Task A_false_entry_alone_that_cannot_be_removed_ends_the_look()
    {
        var list = new StubbornDueList(_due);
        var store = new PagedPartitionStore(_records, list, _time);
        await _due.AddAsync(PartitionShard.Of(P), P, _time.GetUtcNow());
        _time.Advance(TimeSpan.FromHours(2));

        (await store.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 1)).ShouldBeEmpty();

        list.Removals.ShouldBe(1);
    }

    [Theory]
    [InlineData("-0")]
    [InlineData("-1")]
    [InlineData("head")]
    public async Task A_commit_that_loses_to_an_erasure_leaves_no_content(string overtakenAt)
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var other = new PagedPartitionStore(_inner, _due, _time);
        var left = 1;
        _records.Before = async (call, _, record) =>
        {
            if (call is RecordCall.Write && record.EndsWith(overtakenAt, StringComparison.Ordinal) && left-- > 0)
            {
                (await other.DeleteAsync(P, version)).ShouldBeTrue();
            }
        };

        var result = await _store.CommitAsync(P, version, DocumentWrite.Put("b", new byte[700_000]), DocumentWrite.Put("c", new byte[700_000]));

        result.Status.ShouldBe(CommitStatus.Erased);
        _inner.RecordsOf(P).Where(r => r.Key != "head").ShouldAllBe(r => r.Value < 100);
    }

    [Theory]
    [InlineData("-0")]
    [InlineData("-1")]
    [InlineData("head")]
    public async Task A_commit_that_loses_to_an_erasure_and_a_new_beginning_at_once_leaves_no_content(string overtakenAt)
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var (other, begun) = (new PagedPartitionStore(_inner, _due, _time), PartitionVersion.None);
        OvertakeOnce(overtakenAt, async () => begun = await BeginAnewAsync(other, version));

        var result = await _store.CommitAsync(P, version, DocumentWrite.Put("b", new byte[700_000]), DocumentWrite.Put("c", new byte[700_000]));

        result.Status.ShouldBe(CommitStatus.Conflict);
        Pages().ShouldAllBe(page => page.Value < 100);

        // The blanks keep their numbers: what is written from here on is not taken for them, and outlives them.
        await other.WriteAsync(P, begun, DocumentWrite.Put("d", new byte[100_000]), StoreCalls.Put("e", "5"));
        _time.Advance(TimeSpan.FromHours(2));
        var again = await other.VersionAsync(P);
        await other.WriteAsync(P, again, DocumentWrite.Put("f", new byte[100_000]));
        (await other.ReadTextsAsync(P)).Keys.ShouldBe(["a", "d", "e", "f"]);
        Pages().Keys.Select(name => name[..name.IndexOf('-', StringComparison.Ordinal)]).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task What_a_writer_left_that_died_while_it_lost_goes_an_hour_after_the_next_flush_or_with_the_next_erasure()
    {
        foreach (var byErasure in new[] { false, true })
        {
            var partition = $"{P}-{byErasure}";
            var version = await _store.WriteAsync(partition, PartitionVersion.None, StoreCalls.Put("a", "1"));
            var (other, begun) = (new PagedPartitionStore(_inner, _due, _time), PartitionVersion.None);
            OvertakeOnce("-0", async () =>
            {
                // Before its pages are there, so that the erasure cannot see them.
                begun = await BeginAnewAsync(other, version, partition);
                OvertakeOnce("head", () => throw new IOException("The process died."));
            });
            await Should.ThrowAsync<StorageException>(async () => await _store.CommitAsync(partition, version, DocumentWrite.Put("b", new byte[700_000])));
            Pages(partition).Count(page => page.Value > 100).ShouldBe(1);

            if (byErasure)
            {
                (await other.DeleteAsync(partition, begun)).ShouldBeTrue();
            }
            else
            {
                begun = await other.WriteAsync(partition, begun, DocumentWrite.Put("d", new byte[100_000]));
                _time.Advance(TimeSpan.FromHours(2));
                await other.WriteAsync(partition, begun, DocumentWrite.Put("f", new byte[100_000]));
            }

            Pages(partition).ShouldAllBe(page => page.Value < 700_000);
        }
    }

    [Fact]
    public async Task A_commit_that_stood_still_for_hours_is_listed_though_maintenance_removed_its_entry()
    {
        var version = await _store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        var other = new PagedPartitionStore(_inner, _due, _time);
        var due = _time.GetUtcNow().AddMinutes(1);
        var left = 1;
        _records.Before = async (call, _, record) =>
        {
            if (call is RecordCall.Write && record != "head" && left-- > 0)
            {
                _time.Advance(TimeSpan.FromHours(2));
                (await other.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 10)).ShouldBeEmpty();
                _due.Count.ShouldBe(0);
            }
        };

        await _store.WriteAsync(new PartitionCommit
        {
            Partition = P, Expected = version, Writes = [DocumentWrite.Put("b", new byte[100_000])], DueAt = due,
        });

        (await other.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 10)).ShouldHaveSingleItem().Partition.ShouldBe(P);
    }

    /// <summary>Does something before the store under test writes a record for the first time.</summary>
    private void OvertakeOnce(string record, Func<Task> act)
    {
        var left = 1;
        _records.Before = async (call, _, name) =>
        {
            if (call is RecordCall.Write && name.EndsWith(record, StringComparison.Ordinal) && left-- > 0)
            {
                await act();
            }
        };
    }

    private static async Task<PartitionVersion> BeginAnewAsync(PagedPartitionStore store, PartitionVersion version, string partition = P)
    {
        (await store.DeleteAsync(partition, version)).ShouldBeTrue();
        return await store.WriteAsync(
            new PartitionCommit { Partition = partition, Expected = PartitionVersion.None, Recreate = true, Writes = [StoreCalls.Put("a", "anew")] });
    }

    /// <summary>The pages of a partition with their bytes.</summary>
    private Dictionary<string, int> Pages(string partition = P) =>
        _inner.RecordsOf(partition).Where(record => record.Key != "head").ToDictionary(record => record.Key, record => record.Value);

    [Fact]
    public async Task A_probe_tells_what_the_medium_cannot_do()
    {
        (await _store.ProbeAsync()).Writable.ShouldBeTrue();
        _records.Before = (call, _, _) => call is RecordCall.Write ? throw new TimeoutException("full") : default;
        var health = await _store.ProbeAsync();
        (health.Readable, health.Writable).ShouldBe((true, false));
        _records.Before = (_, _, _) => throw new TimeoutException("gone");
        (await _store.ProbeAsync()).Readable.ShouldBeFalse();
    }

    private Task<PartitionVersion> DueAsync(PartitionVersion version, int minutes) =>
        _store.WriteAsync(new PartitionCommit { Partition = P, Expected = version, Writes = [], DueAt = _time.GetUtcNow().AddMinutes(minutes) });

    private void FailOnce(bool afterWrite, Func<Exception> error)
    {
        var left = 1;
        Func<RecordCall, string, string, ValueTask> fail = (call, _, _) => call is RecordCall.Write && left-- > 0 ? throw error() : default;
        _records.Before = afterWrite ? null : fail;
        _records.After = afterWrite ? fail : null;
    }

    /// <summary>A due list that removes nothing, and loses patience with who asks again and again.</summary>
    private sealed class StubbornDueList(IDueList inner) : IDueList
    {
        private int _asked;

        public int Removals { get; private set; }

        public ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default) =>
            inner.AddAsync(shard, partition, dueAt, cancellationToken);

        public ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default) =>
            ++_asked < 10 ? inner.DueAsync(shard, until, max, cancellationToken) : throw new StorageException("asked for ever");

        public ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
        {
            Removals++;
            throw new StorageException("the list cannot be written");
        }
    }
}
