using Granary.Core.Reflection;
using Granary.Core.Users;

namespace Granary.Core.Tests.Users;

/// <summary>What stays of a user's records when a session is erased that they came from.</summary>
public class ErasedSessionTests
{
    private readonly UserBench _bench = new();

    [Fact]
    public async Task What_the_user_made_of_a_session_s_words_stays_without_them()
    {
        var id = await LearnAsync("a", "Has a secret boat.");
        await PatchAsync(id, new MemoryPatch { Content = "Has a boat.", Reason = "in my words" });
        await PatchAsync(id, new MemoryPatch { Pinned = true });
        await EraseAsync("a");
        var kept = (await _bench.ListAsync()).ShouldHaveSingleItem();
        (kept.Id, kept.Content, kept.Pinned, kept.Sources.Count, kept.Metadata).ShouldBe((id, "Has a boat.", true, 0, null));
        var history = await HistoryAsync(id);
        history.ShouldAllBe(change => change.SessionId == null && (change.OldContent == null || !change.OldContent.Contains("secret")));
        history[0].Reason.ShouldBe("in my words");
        (await _bench.TextsAsync()).ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_patch_that_leaves_the_text_says_nothing_of_its_own()
    {
        var id = await LearnAsync("a", "Has a secret boat.");
        await SayAgainAsync("b", id, "Has another secret boat.");
        await ReviseAsync("a", id, "Has two secret boats.");
        await PatchAsync(id, new MemoryPatch { Pinned = true });
        await EraseAsync("b");
        (await _bench.ListAsync()).ShouldHaveSingleItem().Content.ShouldBe("Has two secret boats.");
        await EraseAsync("a");
        (await _bench.ListAsync()).ShouldBeEmpty();
        (await _bench.TextsAsync()).ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_memory_that_a_session_changed_is_again_what_the_user_said_before()
    {
        var told = (await _bench.RememberAsync(new MemoryDraft { Content = "Wants to swim." })).Outcomes[0].Record.Id;
        await SayAgainAsync("b", told, "Wants to swim.");
        await ReviseAsync("a", told, "Swims in secret.");
        await EraseAsync("a");
        await EraseAsync("b");
        var kept = (await _bench.ListAsync()).ShouldHaveSingleItem();
        (kept.Id, kept.Content, kept.Sources.Count).ShouldBe((told, "Wants to swim.", 0));
        (await _bench.TextsAsync()).ShouldNotContain("secret");
        (await _bench.RememberAsync(new MemoryDraft { Content = "Wants to swim." })).Outcomes[0].Event.ShouldBe(MemoryEvent.None);
    }

    [Fact]
    public async Task A_memory_that_would_say_again_what_another_says_goes()
    {
        var told = (await _bench.RememberAsync(new MemoryDraft { Content = "Wants to swim." })).Outcomes[0].Record.Id;
        await ReviseAsync("a", told, "Swims in secret.");
        var again = (await _bench.RememberAsync(new MemoryDraft { Content = "Wants to swim." })).Outcomes[0].Record.Id;
        await EraseAsync("a");
        (await _bench.ListAsync()).ShouldHaveSingleItem().Id.ShouldBe(again);
    }

    [Fact]
    public async Task Who_said_a_text_is_known_however_often_the_record_changes_and_sessions_are_erased()
    {
        var id = await LearnAsync("a", "Likes tea.");
        await SayAgainAsync("b", id, "Likes tea.");
        await SayAgainAsync("c", id, "Likes tea.");
        for (var i = 0; i < 50; i++)
        {
            await PatchAsync(id, new MemoryPatch { Pinned = i % 2 == 0 });
        }

        foreach (var session in (string[])["a", "b"])
        {
            await EraseAsync(session);
            (await _bench.ListAsync()).ShouldHaveSingleItem().Content.ShouldBe("Likes tea.");
        }

        await EraseAsync("c");
        (await _bench.ListAsync()).ShouldBeEmpty();
        (await _bench.TextsAsync()).ShouldNotContain("tea");
    }

    [Fact]
    public async Task A_session_that_dropped_out_of_the_sources_is_erased_from_the_history()
    {
        var id = await LearnAsync("first", "Likes a secret tea.");
        await ReviseAsync("second", id, "Likes tea.");
        for (var i = 0; i < MemoryLimits.MaxSources + 2; i++)
        {
            await SayAgainAsync($"later{i}", id, "Likes tea.");
        }

        (await _bench.ListAsync()).ShouldHaveSingleItem().Sources.ShouldNotContain(source => source.SessionId == "first");
        await EraseAsync("first");
        (await _bench.ListAsync()).ShouldHaveSingleItem().Sources.Count.ShouldBe(MemoryLimits.MaxSources);
        (await HistoryAsync(id)).ShouldAllBe(change => change.SessionId != "first");
        (await _bench.TextsAsync()).ShouldNotContain("secret");

        // And what was not the session's is left as it is.
        var revision = (await _bench.ListAsync())[0].Revision;
        await EraseAsync("unknown");
        (await _bench.ListAsync())[0].Revision.ShouldBe(revision);
        await (await _bench.ActorAsync()).DeleteMemoryAsync(id, null, purge: true, CancellationToken.None);
        (await _bench.DocumentsAsync("c:")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_user_made_of_a_synthesis_stays()
    {
        await SynthesizeAsync("longterm-default-ada", MemoryKind.Profile, "A secret profile.");
        await SynthesizeAsync("pattern-1", MemoryKind.Insight, "A secret pattern.");
        await PatchAsync("longterm-default-ada", new MemoryPatch { Content = "My profile." });
        await EraseAsync("a");
        (await _bench.ListAsync()).ShouldHaveSingleItem().Content.ShouldBe("My profile.");
        (await _bench.TextsAsync()).ShouldNotContain("secret");
    }

    /// <summary>By way of another session's notice: what is synthesized names no session.</summary>
    private Task SynthesizeAsync(string id, MemoryKind kind, string text) => TellAsync("other", new LearnedChange
    {
        Event = MemoryEvent.Add,
        MemoryId = id,
        Upsert = true,
        Origin = MemoryOrigin.Synthesized,
        Draft = new MemoryDraft { Kind = kind, Content = text },
        Reason = MemorySynthesis.Reason,
    });

    private async Task<string> LearnAsync(string session, string text)
    {
        await TellAsync(session, new LearnedChange { Event = MemoryEvent.Add, Draft = Draft(session, text), Reason = $"{session} said {text}" });
        return (await _bench.ListAsync()).Single(record => record.Content == text).Id;
    }

    private async Task ReviseAsync(string session, string id, string text) =>
        await TellAsync(session, new LearnedChange { Event = MemoryEvent.Update, MemoryId = id, Draft = Draft(session, text), Reason = $"{session} said {text}" });

    private async Task SayAgainAsync(string session, string id, string text) =>
        await TellAsync(session, new LearnedChange { Event = MemoryEvent.None, MemoryId = id, Draft = Draft(session, text) });

    private static MemoryDraft Draft(string session, string text) => new()
    {
        Content = text,
        Sources = [new MemorySource(session, 1, 1)],
        Metadata = LearnedChanges.Metadata(deterministic: true, fallback: null, topics: ["secret"]),
    };

    private Task EraseAsync(string session) => _bench.DeliverAsync(session, new SessionNotice());

    private Task TellAsync(string session, LearnedChange change) => _bench.TellAsync(session, change);

    private async Task PatchAsync(string id, MemoryPatch patch) => await (await _bench.ActorAsync()).UpdateMemoryAsync(id, patch, CancellationToken.None);

    private async Task<IReadOnlyList<MemoryChange>> HistoryAsync(string id) => (await (await _bench.ActorAsync()).GetHistoryAsync(id, CancellationToken.None)).Changes;
}
