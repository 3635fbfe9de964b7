using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

public sealed class PartitionDueListTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryRecordStore _inner = new();

    [Fact]
    public async Task Four_thousand_entries_of_a_shard_come_in_order_and_go_again()
    {
        var records = new FaultyRecordStore(_inner);
        var list = Open(records);
        var random = new Random(1);
        var start = _time.GetUtcNow();
        await Task.WhenAll(Enumerable.Range(0, 4_000).Select(i => list.AddAsync(7, $"session/t/u/{i}", start.AddSeconds(random.Next(100_000))).AsTask()));
        records.Writes.ShouldBeLessThan(8_000);

        var due = await list.DueAsync(7, start.AddSeconds(50_000), 1_000);
        due.Count.ShouldBe(1_000);
        due.Select(d => d.DueAt).ShouldBeInOrder();
        due.ShouldAllBe(d => d.AddedAt == start);

        await list.RemoveAsync(7, [.. due.Select(d => d.Key)]);
        var next = await Open(_inner).DueAsync(7, start.AddSeconds(100_000), 10_000);
        next.Count.ShouldBe(3_000);
        next[0].DueAt.ShouldBeGreaterThanOrEqualTo(due[^1].DueAt);
        next.Select(d => d.Partition).Concat(due.Select(d => d.Partition)).Distinct().Count().ShouldBe(4_000);
        _inner.RecordsOf(PartitionDueList.PartitionOf(7))["head"].ShouldBeLessThan(64 * 1024);
        (await list.DueAsync(8, start.AddYears(1), 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_lists_of_one_shard_disturb_each_other_and_lose_nothing()
    {
        var (a, b) = (Open(_inner), Open(_inner));
        for (var i = 0; i < 20; i++)
        {
            await (i % 2 == 0 ? a : b).AddAsync(3, $"session/t/u/{i}", _time.GetUtcNow());
        }

        (await a.DueAsync(3, _time.GetUtcNow(), 100)).Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_failed_addition_says_so_and_the_next_works()
    {
        var records = new FaultyRecordStore(_inner) { Before = (call, _, _) => call is RecordCall.Write ? throw new TimeoutException("down") : default };
        var list = Open(records);
        await Should.ThrowAsync<StorageException>(async () => await list.AddAsync(3, "session/t/u/1", _time.GetUtcNow()));
        records.Before = null;

        await list.AddAsync(3, "session/t/u/2", _time.GetUtcNow());

        (await list.DueAsync(3, _time.GetUtcNow(), 100)).ShouldHaveSingleItem().Partition.ShouldBe("session/t/u/2");
    }

    [Fact]
    public async Task An_entry_that_two_callers_remove_at_the_same_time_is_removed_and_disturbs_no_other()
    {
        var records = new FaultyRecordStore(_inner);
        var list = Open(records);
        var key = await list.AddAsync(3, "session/t/u/1", _time.GetUtcNow());
        var gate = new TaskCompletionSource();
        records.Before = async (call, _, _) => await (call is RecordCall.Write ? gate.Task : Task.CompletedTask);
        var ahead = list.AddAsync(3, "session/t/u/2", _time.GetUtcNow()).AsTask();

        Task[] joined = [list.RemoveAsync(3, [key]).AsTask(), list.RemoveAsync(3, [key]).AsTask(), list.AddAsync(3, "session/t/u/3", _time.GetUtcNow()).AsTask()];
        gate.SetResult();
        await Task.WhenAll([ahead, .. joined]);

        (await list.DueAsync(3, _time.GetUtcNow(), 100)).Select(d => d.Partition).ShouldBe(["session/t/u/2", "session/t/u/3"], ignoreOrder: true);
    }

    private PartitionDueList Open(IRecordStore records) => new(new PagedPartitionStore(records, NoDueList.Instance, _time), _time);
}
