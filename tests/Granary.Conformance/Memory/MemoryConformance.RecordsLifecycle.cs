using System.Text.Json;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_memory_ends_at_its_time_and_its_history_tells_so_after_maintenance()
    {
        var user = Memory.User();
        var kept = await RememberAsync(user, Fact("on holiday") with { ExpiresAt = Memory.Time.GetUtcNow().AddDays(10) });
        await RememberAsync(user, Fact("for good"));
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Active);
        Memory.Time.Advance(TimeSpan.FromDays(3));
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Expiring);
        (await MemoriesAsync(user)).Count.ShouldBe(2);
        Memory.Time.Advance(TimeSpan.FromDays(7));
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Expired);
        (await MemoriesAsync(user)).ShouldHaveSingleItem();
        (await user.GetHistoryAsync(kept.Id)).Changes.Count.ShouldBe(1);
        await Memory.RestartAsync();
        await Memory.MaintainAsync();
        user = Memory.User();
        (await user.GetHistoryAsync(kept.Id)).Changes.Select(c => c.Event).ShouldBe([MemoryEvent.Add, MemoryEvent.Expire]);
        await Memory.MaintainAsync();
        (await user.GetHistoryAsync(kept.Id)).Changes.Count.ShouldBe(2);
        var restored = await user.RestoreMemoryAsync(kept.Id);
        (restored.State, restored.ExpiresAt).ShouldBe((MemoryState.Active, null));

        // The look that was due for its removal comes, finds nothing to do, and was the last.
        Memory.Time.Advance(TimeSpan.FromDays(400));
        await Memory.MaintainAsync();
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Active);
        (await UserDueAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task An_ended_memory_that_is_given_more_time_is_active_again()
    {
        var user = Memory.User();
        var kept = await RememberAsync(user, Fact("on holiday") with { ExpiresAt = Memory.Time.GetUtcNow().AddDays(10) });
        Memory.Time.Advance(TimeSpan.FromDays(11));
        await Memory.MaintainAsync();
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Expired);
        (await user.UpdateMemoryAsync(kept.Id, new MemoryPatch { ExpiresAt = Memory.Time.GetUtcNow().AddDays(8) })).State.ShouldBe(MemoryState.Active);
        (await UserDueAsync()).ShouldBe(Memory.Time.GetUtcNow().AddDays(8));
    }

    [Fact]
    public async Task A_patch_takes_away_what_it_names_and_a_memory_without_an_end_lives_on()
    {
        var user = Memory.User();
        var now = Memory.Time.GetUtcNow();
        var draft = Fact("on holiday") with
        {
            Metadata = JsonElement.Parse("""{"a":1}"""), Category = "home", EventTime = now, ValidFrom = now, ValidTo = now.AddDays(1), ExpiresAt = now.AddDays(2),
        };
        var kept = await RememberAsync(user, draft);
        Memory.Time.Advance(TimeSpan.FromDays(3));
        await Memory.MaintainAsync();
        (await user.GetMemoryAsync(kept.Id)).State.ShouldBe(MemoryState.Expired);

        await user.UpdateMemoryAsync(kept.Id, new MemoryPatch { Clear = Enum.GetValues<MemoryField>() });

        await Memory.RestartAsync();
        user = Memory.User();
        var changed = await user.GetMemoryAsync(kept.Id);
        (changed.State, changed.ExpiresAt, changed.ValidFrom, changed.ValidTo).ShouldBe((MemoryState.Active, null, null, null));
        (changed.Metadata, changed.Category, changed.EventTime).ShouldBe((null, null, null));
        (await user.UpdateMemoryAsync(kept.Id, new MemoryPatch { Clear = [MemoryField.ExpiresAt] })).Revision.ShouldBe(changed.Revision);
        var refused = await Should.ThrowAsync<InvalidRequestException>(
            () => user.UpdateMemoryAsync(kept.Id, new MemoryPatch { Category = "work", Clear = [MemoryField.Category] }));
        refused.Field.ShouldBe("clear");
        await Should.ThrowAsync<InvalidRequestException>(() => user.UpdateMemoryAsync(kept.Id, new MemoryPatch { Clear = [(MemoryField)99] }));
    }

    [Fact]
    public async Task What_was_deleted_is_purged_after_thirty_days_and_what_was_archived_after_a_year()
    {
        var user = Memory.User();
        await user.RememberAsync(Remember([.. Enumerable.Range(0, 60).Select(i => Fact($"secret {i}"))]));
        await RememberAsync(user, Fact("kept") with { Pinned = true });
        var deleted = await RememberAsync(user, Fact("secret to delete"));
        await user.DeleteMemoryAsync(deleted.Id);
        (await user.ForgetAsync(new ForgetRequest { All = true, Archive = true })).Forgotten.ShouldBe(60);
        Memory.Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        await Memory.MaintainAsync();
        (await user.GetMemoryAsync(deleted.Id)).State.ShouldBe(MemoryState.Deleted);
        Memory.Time.Advance(TimeSpan.FromSeconds(1));
        await Memory.RestartAsync();
        await Memory.MaintainAsync();
        user = Memory.User();
        await Should.ThrowAsync<NotFoundException>(() => user.GetMemoryAsync(deleted.Id));
        (await MemoriesAsync(user, new MemoryQuery { States = [MemoryState.Archived] })).Count.ShouldBe(60);
        Memory.Time.Advance(TimeSpan.FromDays(335));
        await Memory.MaintainAsync();
        (await MemoriesAsync(user, new MemoryQuery { States = Enum.GetValues<MemoryState>() })).ShouldHaveSingleItem().Content.ShouldBe("kept");
        (await TextsAsync()).ShouldNotContain("secret");
        (await UserDueAsync()).ShouldBeNull();
    }

    /// <summary>When maintenance looks at the user next, or null for never.</summary>
    private async Task<DateTimeOffset?> UserDueAsync()
    {
        var partition = PartitionNames.Of(Memory.User().Key);
        var due = await Memory.Store.Inner.DueAsync(PartitionShard.Of(partition), DateTimeOffset.MaxValue, 1000);
        return due.Where(d => d.Partition == partition).Select(d => (DateTimeOffset?)d.DueAt).SingleOrDefault();
    }
}
