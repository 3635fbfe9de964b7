using System.Text;
using System.Text.Json;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Up_to_a_hundred_memories_are_kept_by_one_call_and_equal_ones_among_them_once()
    {
        var drafts = Enumerable.Range(0, 100).Select(i => Fact($"fact {i % 90}")).ToArray();
        var outcomes = (await Memory.User().RememberAsync(Remember(drafts))).Outcomes;
        outcomes.Select(o => o.Event).ShouldBe(Enumerable.Range(0, 100).Select(i => i < 90 ? MemoryEvent.Add : MemoryEvent.None));
        outcomes.Select(o => o.Record.Content).ShouldBe(drafts.Select(d => d.Content));
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).Select(m => m.Content).ShouldBe(Enumerable.Range(0, 90).Reverse().Select(i => $"fact {i}"));
        (await Memory.User().RememberAsync(Remember(drafts))).Outcomes.ShouldAllBe(o => o.Event == MemoryEvent.None);
    }

    [Fact]
    public async Task A_call_with_a_memory_that_breaks_a_rule_keeps_none_and_names_the_field()
    {
        var user = Memory.User();
        (await Should.ThrowAsync<InvalidRequestException>(() => user.RememberAsync(Remember(Fact("good"), Fact(" \n"))))).Field.ShouldBe("memories[1].content");
        await Should.ThrowAsync<TooLargeException>(() => user.RememberAsync(Remember(Fact("good"), Fact(new string('x', MemoryLimits.MaxContentBytes + 1)))));
        var taken = await RememberAsync(user, Fact("taken") with { Id = "mine" });
        await Should.ThrowAsync<ConflictException>(() => user.RememberAsync(Remember(Fact("good"), Fact("other") with { Id = taken.Id })));
        (await MemoriesAsync(user)).ShouldHaveSingleItem().Id.ShouldBe("mine");
    }

    [Fact]
    public async Task Memories_are_changed_and_deleted_together_or_not_at_all()
    {
        var user = Memory.User();
        var ids = (await user.RememberAsync(Remember([.. Enumerable.Range(0, 80).Select(i => Fact($"fact {i}"))]))).Outcomes.Select(o => o.Record.Id).ToList();
        var edits = ids.Select((id, i) => i % 2 == 0
            ? new MemoryEdit(id, new MemoryPatch { Content = $"new {i}" })
            : new MemoryEdit(id, Deletion: new MemoryDeletion { Reason = "odd", Purge = i == 1, IfRevision = 1 })).ToList();
        async Task<T> RefusedAsync<T>(MemoryEdit last)
            where T : Exception => await Should.ThrowAsync<T>(() => user.EditMemoriesAsync(new EditRequest([.. edits, last])));
        await RefusedAsync<NotFoundException>(new MemoryEdit("nobody", new MemoryPatch { Content = "x" }));
        await RefusedAsync<NotFoundException>(new MemoryEdit(ids[3], new MemoryPatch { Content = "deleted by then" }));
        await RefusedAsync<ConflictException>(new MemoryEdit(ids[0], new MemoryPatch { Content = "new 2" }));
        await RefusedAsync<PreconditionFailedException>(new MemoryEdit(ids[0], Deletion: new MemoryDeletion { IfRevision = 7 }));
        (await RefusedAsync<InvalidRequestException>(new MemoryEdit(ids[0], new MemoryPatch { Content = " " }))).Field.ShouldBe("edits[80].patch.content");
        (await RefusedAsync<InvalidRequestException>(new MemoryEdit(ids[0]))).Field.ShouldBe("edits[80]");
        (await MemoriesAsync(user)).ShouldAllBe(m => m.Revision == 1);
        var edited = (await user.EditMemoriesAsync(new EditRequest(edits))).Records;
        edited.Select(m => m.Id).ShouldBe(ids);
        edited.Select(m => m.State).ShouldBe(Enumerable.Range(0, 80).Select(i => i % 2 == 0 || i == 1 ? MemoryState.Active : MemoryState.Deleted));
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).Select(m => m.Content).Order().ShouldBe(Enumerable.Range(0, 40).Select(i => $"new {2 * i}").Order());
        await Should.ThrowAsync<NotFoundException>(() => Memory.User().GetMemoryAsync(ids[1]));
        (await Memory.User().GetHistoryAsync(ids[3])).Changes[^1].Reason.ShouldBe("odd");
    }

    [Fact]
    public async Task A_call_with_an_id_can_be_repeated()
    {
        var user = Memory.User();
        var draft = Fact("Ada has two cats") with { Id = "cats@home", Sources = [new MemorySource("s1", 1)] };
        (await user.RememberAsync(Remember(draft))).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
        var again = (await user.RememberAsync(Remember(draft))).Outcomes[0];
        (again.Event, again.Record.Id, again.Record.Revision).ShouldBe((MemoryEvent.None, "cats@home", 1));
        (await Should.ThrowAsync<ConflictException>(() => user.RememberAsync(Remember(draft with { Content = "Ada has three cats" })))).Code.ShouldBe(ErrorCodes.AlreadyExists);

        // A late repeat does not bring back what was deleted meanwhile, and says so; only its removal frees the id.
        await user.DeleteMemoryAsync("cats@home");
        (await Should.ThrowAsync<ConflictException>(() => user.RememberAsync(Remember(draft)))).Message.ShouldContain("deleted memory");
        (await MemoriesAsync(user)).ShouldBeEmpty();
        await user.DeleteMemoryAsync("cats@home", purge: true);
        (await user.RememberAsync(Remember(draft))).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
    }

    [Fact]
    public async Task A_known_fact_keeps_the_sources_of_those_who_say_it_again()
    {
        var user = Memory.User();
        var first = await RememberAsync(user, Fact("Ada plays chess") with { Sources = [new MemorySource("s1", 1, 2)] });
        var again = (await user.RememberAsync(Remember(Fact("Ada plays chess") with { Sources = [new MemorySource("s1", 1, 2), new MemorySource("s2", 5)] }))).Outcomes[0];
        (again.Event, again.Record.Id, again.Record.Revision).ShouldBe((MemoryEvent.Update, first.Id, 2));
        again.Record.Sources.ShouldBe([new MemorySource("s1", 1, 2), new MemorySource("s2", 5)]);
        for (var session = 3; session <= 30; session++)
        {
            await user.RememberAsync(Remember(Fact("Ada plays chess") with { Sources = [new MemorySource($"s{session}")] }));
        }

        (await user.GetMemoryAsync(first.Id)).Sources.Select(s => s.SessionId).ShouldBe(Enumerable.Range(11, 20).Select(i => $"s{i}"));
        var last = (await user.GetHistoryAsync(first.Id)).Changes[^1];
        (last.Event, last.SessionId, last.NewContent).ShouldBe((MemoryEvent.Update, "s30", null));
    }

    [Fact]
    public async Task What_was_deleted_or_is_over_may_be_remembered_anew()
    {
        var user = Memory.User();
        var first = await RememberAsync(user, Fact("Ada plays chess"));
        await user.DeleteMemoryAsync(first.Id);
        var second = await RememberAsync(user, Fact("Ada plays chess") with { ExpiresAt = Memory.Time.GetUtcNow().AddHours(2) });
        second.Id.ShouldNotBe(first.Id);
        (await Should.ThrowAsync<ConflictException>(() => user.RestoreMemoryAsync(first.Id))).Code.ShouldBe(ErrorCodes.AlreadyExists);
        Memory.Time.Advance(TimeSpan.FromHours(2));
        var third = await RememberAsync(user, Fact("Ada plays chess"));
        third.Id.ShouldNotBe(second.Id);
        await Memory.RestartAsync();
        (await Memory.User().RememberAsync(Remember(Fact("Ada plays chess")))).Outcomes[0].Record.Id.ShouldBe(third.Id);
    }

    [Fact]
    public async Task A_patch_changes_what_it_gives_and_the_history_tells_it()
    {
        var user = Memory.User();
        var first = await RememberAsync(user, Fact("Ada lives in Bern") with { Metadata = JsonElement.Parse("""{"a":1}"""), Sources = [new MemorySource("s1", 3)] });
        Memory.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await user.UpdateMemoryAsync(first.Id, new MemoryPatch { Content = "Ada lives in Basel", Confidence = 0.5, Reason = "she moved", IfRevision = 1 });
        (second.Content, second.Confidence, second.Revision, second.UpdatedAt).ShouldBe(("Ada lives in Basel", 0.5, 2, Memory.Time.GetUtcNow()));
        second.CreatedAt.ShouldBe(first.CreatedAt);
        second.Metadata!.Value.GetRawText().ShouldBe("""{"a":1}""");
        await Memory.RestartAsync();
        user = Memory.User();
        await user.UpdateMemoryAsync(first.Id, new MemoryPatch { Pinned = true, Category = "home", Metadata = JsonElement.Parse("{}"), Importance = MemoryImportance.High });
        var third = await user.GetMemoryAsync(first.Id);
        (third.Pinned, third.Category, third.Importance, third.Revision).ShouldBe((true, "home", MemoryImportance.High, 3));
        (await user.UpdateMemoryAsync(first.Id, new MemoryPatch { Pinned = true })).Revision.ShouldBe(3);
        (await Should.ThrowAsync<PreconditionFailedException>(() => user.UpdateMemoryAsync(first.Id, new MemoryPatch { Pinned = false, IfRevision = 2 }))).CurrentETag.ShouldBe("\"3\"");
        var changes = (await user.GetHistoryAsync(first.Id)).Changes;
        changes.Select(c => (c.Revision, c.Event, c.OldContent, c.NewContent, c.Reason, c.SessionId)).ShouldBe(
        [
            (1, MemoryEvent.Add, null, "Ada lives in Bern", null, "s1"),
            (2, MemoryEvent.Update, "Ada lives in Bern", "Ada lives in Basel", "she moved", null),
            (3, MemoryEvent.Update, null, null, null, null),
        ]);

        // The old text may be remembered again, the new one not twice.
        (await user.RememberAsync(Remember(Fact("Ada lives in Bern")))).Outcomes[0].Event.ShouldBe(MemoryEvent.Add);
        (await user.RememberAsync(Remember(Fact("Ada lives in Basel")))).Outcomes[0].Event.ShouldBe(MemoryEvent.None);
        (await Should.ThrowAsync<ConflictException>(() => user.UpdateMemoryAsync(first.Id, new MemoryPatch { Content = "Ada lives in  Bern" }))).Code.ShouldBe(ErrorCodes.AlreadyExists);
        await Should.ThrowAsync<NotFoundException>(() => user.UpdateMemoryAsync("mem_none", new MemoryPatch { Pinned = true }));
        (await Should.ThrowAsync<InvalidRequestException>(() => user.UpdateMemoryAsync(first.Id, new MemoryPatch { Confidence = 1.1 }))).Field.ShouldBe("confidence");
    }

    [Fact]
    public async Task A_deleted_memory_is_out_of_sight_and_can_be_restored_with_its_history()
    {
        var user = Memory.User();
        var kept = await RememberAsync(user, Fact("Ada plays chess"));
        await user.DeleteMemoryAsync(kept.Id, "no longer");
        await user.DeleteMemoryAsync(kept.Id, "again");
        (await MemoriesAsync(user)).ShouldBeEmpty();
        (await MemoriesAsync(user, new MemoryQuery { States = [MemoryState.Deleted] })).ShouldHaveSingleItem().Id.ShouldBe(kept.Id);
        var deleted = await user.GetMemoryAsync(kept.Id);
        (deleted.State, deleted.DeletedAt).ShouldBe((MemoryState.Deleted, Memory.Time.GetUtcNow()));
        await Should.ThrowAsync<NotFoundException>(() => user.UpdateMemoryAsync(kept.Id, new MemoryPatch { Pinned = true }));
        await Memory.RestartAsync();
        user = Memory.User();
        var restored = await user.RestoreMemoryAsync(kept.Id, "a mistake");
        (restored.State, restored.DeletedAt, restored.Revision).ShouldBe((MemoryState.Active, null, 3));
        (await user.RestoreMemoryAsync(kept.Id)).Revision.ShouldBe(3);
        (await MemoriesAsync(user)).ShouldHaveSingleItem();
        (await user.GetHistoryAsync(kept.Id)).Changes.Select(c => (c.Event, c.OldContent, c.NewContent, c.Reason)).ShouldBe(
        [
            (MemoryEvent.Add, null, "Ada plays chess", null),
            (MemoryEvent.Delete, "Ada plays chess", null, "no longer"),
            (MemoryEvent.Restore, null, "Ada plays chess", "a mistake"),
        ]);
        await Should.ThrowAsync<NotFoundException>(() => user.DeleteMemoryAsync("mem_none"));
        await Should.ThrowAsync<NotFoundException>(() => user.RestoreMemoryAsync("mem_none"));
    }

    [Fact]
    public async Task A_purged_memory_leaves_nothing_not_even_its_history()
    {
        var user = Memory.User();
        var gone = await RememberAsync(user, Fact("secret-0 of Ada"));
        await RememberAsync(user, Fact("harmless"));
        for (var i = 1; i <= 60; i++)
        {
            await user.UpdateMemoryAsync(gone.Id, new MemoryPatch { Content = $"secret-{i} of Ada", Reason = $"secret reason {i}" });
        }

        (await user.GetHistoryAsync(gone.Id)).Changes.Count.ShouldBe(61);
        (await TextsAsync()).ShouldContain("secret");
        await user.DeleteMemoryAsync(gone.Id, purge: true);
        await Should.ThrowAsync<NotFoundException>(() => user.GetMemoryAsync(gone.Id));
        await Should.ThrowAsync<NotFoundException>(() => user.GetHistoryAsync(gone.Id));
        await Should.ThrowAsync<NotFoundException>(() => user.RestoreMemoryAsync(gone.Id));
        (await TextsAsync()).ShouldNotContain("secret");
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User(), new MemoryQuery { States = Enum.GetValues<MemoryState>() })).ShouldHaveSingleItem().Content.ShouldBe("harmless");
    }

    [Fact]
    public async Task A_history_of_many_changes_without_a_new_text_is_told_whole()
    {
        var user = Memory.User();
        var kept = await RememberAsync(user, Fact("Ada plays chess"));
        for (var i = 0; i < 40; i++)
        {
            await user.DeleteMemoryAsync(kept.Id);
            await user.RestoreMemoryAsync(kept.Id);
        }

        var changes = (await user.GetHistoryAsync(kept.Id)).Changes;
        changes.Select(c => c.Revision).ShouldBe(Enumerable.Range(1, 81));
        changes.Where(c => c.Event == MemoryEvent.Delete).ShouldAllBe(c => c.OldContent == "Ada plays chess" && c.NewContent == null);
        changes.Where(c => c.Event == MemoryEvent.Restore).ShouldAllBe(c => c.OldContent == null && c.NewContent == "Ada plays chess");
    }

    /// <summary>All that is stored of the user, as text.</summary>
    private async Task<string> TextsAsync()
    {
        var texts = new StringBuilder();
        for (DocumentRange? range = new DocumentRange("-", "~"); range is { } next;)
        {
            var page = await Memory.Store.Inner.ReadAsync(PartitionNames.Of(Memory.User().Key), next);
            foreach (var document in page.Documents)
            {
                texts.Append(document.Id).Append(' ').AppendLine(Encoding.UTF8.GetString(document.Body.Span));
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        return texts.ToString();
    }
}
