using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private async Task<IReadOnlyList<DuePartition>> DueEverAsync(SessionKey key) =>
        [.. (await Memory.Store.Inner.DueAsync(PartitionShard.Of(PartitionOf(key)), DateTimeOffset.MaxValue, 1000)).Where(d => d.Partition == PartitionOf(key))];

    [Fact]
    public async Task A_failed_compaction_that_is_no_longer_due_does_not_keep_maintenance_busy_for_ever()
    {
        // Nothing else may be due.
        Memory.Reflection.Enabled = false;
        var forced = Memory.Session("forced");
        await AppendTurnsAsync(forced, 1, 5);
        Memory.Summarizer.Fail(1);
        (await forced.CompactAsync(new CompactOptions { Force = true })).Success.ShouldBeFalse();
        var ended = Memory.Session("ended");
        await AppendTurnsAsync(ended, 1, 5);
        Memory.Summarizer.Fail(1);
        (await ended.CompactAsync(new CompactOptions { Force = true })).Success.ShouldBeFalse();
        await ended.EndAsync();
        for (var wake = 0; wake < 2; wake++)
        {
            Memory.Time.Advance(TimeSpan.FromMinutes(1));
            await Memory.MaintainAsync();
        }

        (await DueEverAsync(forced.Key)).ShouldBeEmpty();
        (await DueEverAsync(ended.Key)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_became_due_while_a_compaction_ran_is_compacted_without_another_append()
    {
        var session = Memory.Session();
        Memory.Summarizer.Hold();
        await AppendTurnsAsync(session, 1, 10);
        await Memory.Summarizer.Entered;
        await AppendTurnsAsync(session, 11, 20);
        Memory.Summarizer.Release();

        // What entered first may have been a chunk's summary: then one compaction takes it all.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var seen = default(SessionChange);
        while (!(await session.GetContextAsync()).ActiveContext.Select(t => t.Turn).SequenceEqual([17, 18, 19, 20]))
        {
            seen = await session.WaitForChangeAsync(seen, Timeout.InfiniteTimeSpan, patience.Token);
        }
    }

    [Fact]
    public async Task A_watcher_is_not_told_of_changes_that_it_cannot_see()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 5);
        var seen = await session.WaitForChangeAsync(default, TimeSpan.FromMinutes(1));
        var waiting = session.WaitForChangeAsync(seen, TimeSpan.FromMinutes(1));
        Memory.Summarizer.Fail(1);
        (await session.CompactAsync(new CompactOptions { Force = true })).Success.ShouldBeFalse();
        await session.AppendAsync(Turn(6));
        (await waiting).LastSequence.ShouldBe(12);
    }

    [Fact]
    public async Task A_completed_session_is_not_compacted()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 6);
        await session.EndAsync();
        var calls = Memory.Summarizer.Calls;
        (await Should.ThrowAsync<ConflictException>(() => session.CompactAsync(new CompactOptions { Force = true }))).Code.ShouldBe(ErrorCodes.Completed);
        Memory.Summarizer.Calls.ShouldBe(calls);
        (await session.CompactAsync(new CompactOptions { Force = true, DryRun = true })).DryRun.ShouldBeTrue();
    }

    [Fact]
    public async Task A_repeat_is_answered_even_if_the_resource_became_read_only_meanwhile()
    {
        var resources = Memory.Cluster.Resources(MemoryFixture.Tenant);
        await resources.PutAsync(new MemoryResource { Name = "notes" });
        var first = await Memory.Session().AppendAsync(Turn(1, "k") with { Resource = "notes" });
        await resources.PutAsync(new MemoryResource { Name = "notes", ReadOnly = true });
        (await Memory.Session().AppendAsync(Turn(1, "k"))).FirstSequence.ShouldBe(first.FirstSequence);
        await Should.ThrowAsync<AccessDeniedException>(async () => await Memory.Session().AppendAsync(Turn(2)));
    }
}
