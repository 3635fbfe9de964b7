using System.Text;
using System.Text.Json;
using Granary.Core.Reflection;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

/// <summary>What recall by vectors must do on every host.</summary>
public abstract class VectorConformance : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The memory under test.</summary>
    protected MemoryFixture Memory { get; private set; } = null!;

    /// <summary>The embedder of its host.</summary>
    protected ConceptEmbedder Embedder { get; } = new();

    /// <summary>Opens an empty memory.</summary>
    protected abstract Task<MemoryFixture> OpenAsync(ConceptEmbedder embedder);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Memory = await OpenAsync(Embedder);

        // What a session teaches would come at a time of its own.
        Memory.Reflection.Enabled = false;
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        Embedder.Release();
        await Memory.DisposeAsync();
    }

    [Fact]
    public async Task What_is_said_in_other_words_is_found()
    {
        await SayAsync("s1", "We adopted a puppy yesterday.", "Congratulations!", "The automobile needs new brakes.", "I see.");
        await RememberAsync("Goes to the seaside every summer.");
        await EmbeddedAsync();
        var result = await RecallAsync("canid");
        result.Mode.ShouldBe(RecallMode.Hybrid);
        result.Fallback.ShouldBeNull();
        result.Hits[0].Content.ShouldBe("We adopted a puppy yesterday.");
        result.Hits[0].ScoreParts["vectors"].ShouldBeGreaterThan(0);
        result.Hits[0].ScoreParts["words"].ShouldBe(0);
        (await RecallAsync("ocean")).Hits[0].Record!.Content.ShouldBe("Goes to the seaside every summer.");
        (await RecallAsync("canid", RecallMode.Keyword)).Hits.ShouldBeEmpty();
        var near = await RecallAsync("vehicle", RecallMode.Vector);
        near.Mode.ShouldBe(RecallMode.Vector);
        near.Hits[0].Content.ShouldBe("The automobile needs new brakes.");
        near.Hits[0].Score.ShouldBe(Cosine("vehicle", "The automobile needs new brakes."), 0.001);
        near.Hits.Select(hit => hit.Score).ShouldBe(near.Hits.Select(hit => hit.Score).OrderDescending());
    }

    [Fact]
    public async Task The_very_words_stand_before_what_is_only_near()
    {
        await SayAsync("s1", "The terrier ate my shoe.", "Oh no.", "The booking code of the hound hotel is ZX81.", "Noted.", "A dog barked.", "Where?");
        await EmbeddedAsync();
        (await RecallAsync("What is the booking code ZX81?")).Hits[0].Content.ShouldContain("ZX81");
        (await RecallAsync("terrier shoe")).Hits[0].Content.ShouldBe("The terrier ate my shoe.");
    }

    [Fact]
    public async Task What_has_no_vector_yet_is_found_by_its_words()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        await EmbeddedAsync();
        Embedder.IsDown = true;
        await SayAsync("s2", "The lighthouse is red.", "Noted.");
        Embedder.IsDown = false;
        var result = await RecallAsync("lighthouse");
        result.Mode.ShouldBe(RecallMode.Hybrid);
        result.Hits.ShouldContain(hit => hit.Content == "The lighthouse is red.");
        (await RecallAsync("lighthouse", RecallMode.Vector)).Hits.ShouldNotContain(hit => hit.Content == "The lighthouse is red.");
    }

    [Fact]
    public async Task A_late_or_failing_embedder_leaves_recall_to_the_words_and_is_told_of()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        await EmbeddedAsync();
        Embedder.Hold();
        var waiting = RecallAsync("dog");
        await Embedder.Entered;
        await PassAsync(waiting);
        var late = await waiting;
        Embedder.Release();
        late.Mode.ShouldBe(RecallMode.Keyword);
        late.Fallback.ShouldNotBeNull().ShouldContain("2 seconds");
        late.Hits[0].Content.ShouldBe("A dog barked.");

        // For a moment nobody is made to wait for it again.
        (await RecallAsync("dog")).Fallback.ShouldNotBeNull();
        Memory.Time.Advance(TimeSpan.FromSeconds(11));
        Embedder.Fail(1);
        var failed = await RecallAsync("dog", RecallMode.Vector);
        failed.Mode.ShouldBe(RecallMode.Keyword);
        failed.Fallback.ShouldNotBeNull();
        failed.Hits[0].Content.ShouldBe("A dog barked.");
        Memory.Time.Advance(TimeSpan.FromSeconds(11));
        (await RecallAsync("canine")).Mode.ShouldBe(RecallMode.Hybrid);
    }

    [Fact]
    public async Task Nobody_waits_for_an_embedder_that_does_not_answer()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        Embedder.Hold();
        (await RecallAsync("dog")).Hits[0].Content.ShouldBe("A dog barked.");
        await PassAsync(Embedder.Entered);
        await SayAsync("s2", "The lighthouse is red.", "Noted.");
        await RememberAsync("Likes lighthouses.");
        (await RecallAsync("lighthouse", RecallMode.Keyword)).Hits.Count.ShouldBeGreaterThan(1);
        await Memory.Session("s1").DeleteAsync();
        (await RecallAsync("dog", RecallMode.Keyword)).Hits.ShouldBeEmpty();
        Embedder.Release();
        await EmbeddedAsync();
        (await RecallAsync("hound", RecallMode.Vector)).Hits.ShouldNotContain(hit => hit.SessionId == "s1");
        await NothingIsStoredOfAsync("s1");
    }

    [Fact]
    public async Task The_embedder_is_not_asked_for_words_alone()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        await EmbeddedAsync();
        await RecallAsync("dog", RecallMode.Keyword);
        Embedder.Queries.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_embedded_once_is_not_embedded_again()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        await RememberAsync("Owns a sedan.");
        await EmbeddedAsync();
        Embedder.Documents.Clear();
        await Memory.RestartAsync();
        (await RecallAsync("hound", RecallMode.Vector)).Hits[0].Content.ShouldBe("A dog barked.");
        (await RecallAsync("vehicle", RecallMode.Vector)).Hits[0].Content.ShouldBe("Owns a sedan.");
        (await StatsAsync()).PendingVectors.ShouldBe(0);
        Embedder.Documents.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failing_embedder_is_tried_again_later_and_less_and_less()
    {
        Embedder.IsDown = true;
        await SayAsync("s1", "A dog barked.", "Where?");
        await RecallAsync("dog");
        await EventuallyAsync(() => Task.FromResult(Embedder.Documents.Count > 0));
        for (var i = 0; i < 200; i++)
        {
            Memory.Time.Advance(TimeSpan.FromSeconds(1));
            await RecallAsync("dog");
        }

        Embedder.Documents.Count.ShouldBeLessThan(40);
        Embedder.IsDown = false;
        await EmbeddedAsync();
        Memory.Time.Advance(TimeSpan.FromSeconds(11));
        (await RecallAsync("canine")).Hits[0].Content.ShouldBe("A dog barked.");
    }

    [Fact]
    public async Task One_text_that_the_embedder_refuses_does_not_hold_up_the_others()
    {
        Embedder.Refuses = text => text.Contains("poison", StringComparison.Ordinal);
        await SayAsync("s1", [.. Enumerable.Range(0, 10).SelectMany(i => new[] { i == 5 ? "This is poison." : $"Dog number {i}.", "Yes." })]);
        await RecallAsync("dog");
        await EventuallyAsync(async () => (await StatsAsync()).PendingVectors == 1);
        Embedder.Refuses = null;
        await EmbeddedAsync();
        (await RecallAsync("poison", RecallMode.Vector)).Hits[0].Content.ShouldBe("This is poison.");
    }

    [Fact]
    public async Task Another_model_replaces_the_vectors_in_the_background()
    {
        await SayAsync("s1", "A dog barked.", "Where?");
        await RememberAsync("Owns a sedan.");
        await EmbeddedAsync();
        (Embedder.Model, Embedder.Dimensions) = ("other concepts", 32);
        Embedder.Documents.Clear();
        await Memory.RestartAsync();
        var first = await RecallAsync("dog");
        first.Mode.ShouldBe(RecallMode.Keyword);
        first.Fallback.ShouldNotBeNull();
        first.Hits[0].Content.ShouldBe("A dog barked.");
        await EmbeddedAsync();
        Embedder.Documents.Count.ShouldBe(3);
        (await RecallAsync("hound", RecallMode.Vector)).Hits[0].Content.ShouldBe("A dog barked.");
        (await VectorDocumentsAsync()).Select(document => Encoding.Latin1.GetString(document.Body.Span)).ShouldAllBe(text => !text.Contains("\0concepts"));
    }

    [Fact]
    public async Task Filters_hold_for_what_is_near_too()
    {
        for (var i = 0; i < 20; i++)
        {
            await Memory.Session($"s{i}").AppendAsync(new AppendRequest
            {
                AgentId = i % 2 == 0 ? "even" : "odd",
                Messages =
                [
                    new Message
                    {
                        Role = MessageRole.User,
                        Content = $"Dog tale number {i}.",
                        Metadata = i == 13 ? JsonDocument.Parse("""{"mark":true}""").RootElement : null,
                    },
                    new Message { Role = MessageRole.Assistant, Content = "Fine." },
                ],
            });
        }

        await RememberAsync("Has a terrier.");
        await EmbeddedAsync();
        foreach (var mode in (RecallMode[])[RecallMode.Vector, RecallMode.Hybrid])
        {
            (await FoundAsync(new() { AgentId = "odd" }, 30)).ShouldAllBe(hit => hit.AgentId == "odd");
            (await FoundAsync(new() { AgentId = "odd" }, 30)).Count(hit => hit.Message?.Role == MessageRole.User).ShouldBe(10);
            (await FoundAsync(new() { SessionId = "s7" }, 5)).ShouldAllBe(hit => hit.SessionId == "s7");
            (await FoundAsync(new() { Kinds = [MemoryKind.Fact] }, 5)).ShouldHaveSingleItem().Content.ShouldBe("Has a terrier.");
            (await FoundAsync(new() { Metadata = JsonDocument.Parse("""{"mark":true}""").RootElement }, 1)).ShouldHaveSingleItem().SessionId.ShouldBe("s13");
            var sessions = (await Memory.User().RecallAsync(new RecallRequest { Query = "hound", Mode = mode, GroupBySession = true, Limit = 20 })).Hits;
            sessions.Count.ShouldBe(20);
            sessions.Select(hit => hit.SessionId).ShouldBeUnique();

            async Task<IReadOnlyList<RecallHit>> FoundAsync(MemoryFilter filter, int limit) =>
                (await Memory.User().RecallAsync(new RecallRequest { Query = "hound", Mode = mode, Filter = filter, Limit = limit })).Hits;
        }
    }

    [Fact]
    public async Task What_a_filter_refuses_takes_no_place_among_the_nearest()
    {
        for (var batch = 0; batch < 2; batch++)
        {
            await Memory.User().RememberAsync(new RememberRequest([.. Enumerable.Range(0, 50).Select(i => new MemoryDraft { Content = $"Dog {batch} {i}.", AgentId = "other" })]));
        }

        await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = "Long walks with a hound near the river.", AgentId = "mine" }]));
        await EmbeddedAsync();
        foreach (var mode in (RecallMode[])[RecallMode.Vector, RecallMode.Hybrid])
        {
            var found = await Memory.User().RecallAsync(new RecallRequest { Query = "canine", Mode = mode, Filter = new MemoryFilter { AgentId = "mine" }, Limit = 1 });
            found.Hits.ShouldHaveSingleItem().Content.ShouldBe("Long walks with a hound near the river.");
        }
    }

    [Fact]
    public async Task An_erased_session_leaves_no_vector()
    {
        for (var i = 0; i < 3; i++)
        {
            await SayAsync($"s{i}", [.. Enumerable.Range(0, 50).SelectMany(k => new[] { $"Dog tale {k} of {i}.", $"Sedan tale {k} of {i}." })]);
        }

        await EmbeddedAsync();
        await EventuallyAsync(async () => (await VectorDocumentsAsync()).Any(document => document.Id.StartsWith("q:", StringComparison.Ordinal)));
        await Memory.Session("s1").DeleteAsync();
        await NothingIsStoredOfAsync("s1");
        (await RecallAsync("hound", RecallMode.Vector, 200)).Hits.ShouldAllBe(hit => hit.SessionId != "s1");

        // Also by an activation that never looked at the vectors.
        await Memory.RestartAsync();
        await Memory.Session("s2").DeleteAsync();
        await NothingIsStoredOfAsync("s2");
        Embedder.Documents.Clear();
        (await RecallAsync("hound", RecallMode.Vector, 200)).Hits.Count.ShouldBe(100);
        await EmbeddedAsync();
        Embedder.Documents.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_record_and_its_vector_go_together()
    {
        var ids = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            ids.Add(await RememberAsync($"Dog number {i}."));
        }

        await EmbeddedAsync();
        await EventuallyAsync(async () => (await VectorDocumentsAsync()).Any(document => document.Id.StartsWith("q:", StringComparison.Ordinal)));
        await Memory.User().DeleteMemoryAsync(ids[0], purge: true);
        await Memory.User().DeleteMemoryAsync(ids[1]);
        await Memory.User().UpdateMemoryAsync(ids[2], new MemoryPatch { Content = "A sedan." });
        await Memory.User().UpdateMemoryAsync(ids[3], new MemoryPatch { Pinned = true });
        Embedder.Documents.Clear();
        (await RecallAsync("hound", RecallMode.Vector, 1_000)).Hits.Select(hit => hit.Id).ShouldNotContain(id => id == ids[0] || id == ids[1] || id == ids[2]);
        foreach (var id in ids.Take(2))
        {
            await NothingIsStoredOfAsync(id);
        }

        await EmbeddedAsync();
        Embedder.Documents.ShouldBe(["A sedan."]);
        (await RecallAsync("vehicle", RecallMode.Vector, 1)).Hits.ShouldHaveSingleItem().Id.ShouldBe(ids[2]);

        // Back with the record.
        await Memory.User().RestoreMemoryAsync(ids[1]);
        await EmbeddedAsync();
        (await RecallAsync("Dog number 1", RecallMode.Vector, 1)).Hits.ShouldHaveSingleItem().Id.ShouldBe(ids[1]);

        // An activation that has not looked at the vectors yet removes them as well.
        await Memory.RestartAsync();
        await Memory.User().DeleteMemoryAsync(ids[4], purge: true);
        await NothingIsStoredOfAsync(ids[4]);
        (await RecallAsync("hound", RecallMode.Vector, 1_000)).Hits.Count.ShouldBe(298);

        // One that went too soon leaves that to the next, whoever calls it.
        await EventuallyAsync(() => IsInSegmentAsync(ids[200]));
        await Memory.User().DeleteMemoryAsync(ids[200], purge: true);
        await Memory.RestartAsync();
        await Memory.User().ListSessionsAsync(new SessionQuery());
        await NothingIsStoredOfAsync(ids[200]);
    }

    [Fact]
    public async Task What_was_superseded_is_not_near_any_more()
    {
        await SayAsync("s1", "A dog barked.", "It was a hound.");
        await EmbeddedAsync();
        await Memory.Session("s1").AppendAsync(new AppendRequest
        {
            Supersedes = 2,
            Messages = [new Message { Role = MessageRole.Assistant, Content = "It was a fox." }],
        });
        (await RecallAsync("canine", RecallMode.Vector)).Hits.ShouldNotContain(hit => hit.Content == "It was a hound.");
        await EmbeddedAsync();
        await EventuallyAsync(async () => (await VectorDocumentsAsync()).All(document => document.Id != "v:m:s1:00000000000000000002"));
    }

    [Fact]
    public async Task Long_data_of_tools_has_no_vector_and_long_texts_are_cut()
    {
        await Memory.Session("s1").AppendAsync(new AppendRequest
        {
            Messages =
            [
                new Message { Role = MessageRole.User, Content = new string('x', 20_000) },
                new Message { Role = MessageRole.Assistant, ToolCalls = [new ToolCall("c1", "f", JsonDocument.Parse("{}").RootElement), new ToolCall("c2", "f", JsonDocument.Parse("{}").RootElement)], Content = "" },
                new Message { Role = MessageRole.Tool, ToolCallId = "c1", Content = string.Join(' ', Enumerable.Range(0, 500)) },
                new Message { Role = MessageRole.Tool, ToolCallId = "c2", Content = "The dog is fine." },
            ],
        });
        await EmbeddedAsync();
        Embedder.Documents.Order().ShouldBe(["The dog is fine.", new string('x', 8 * 1024)]);
    }

    [Fact]
    public async Task What_is_learned_is_compared_with_what_means_the_same()
    {
        (Memory.Reflection.Enabled, Memory.Reflection.ThresholdTurns) = (true, 1);
        await Memory.User().RememberAsync(new RememberRequest(
            [.. Enumerable.Range(0, 8).Select(i => new MemoryDraft { Kind = MemoryKind.Insight, Category = "goals", Content = i == 3 ? "Owns an automobile." : $"Likes song {i}." })]));
        await EmbeddedAsync();
        Memory.Reflector.Finds = (_, found) => found with { Learned = [new LearnedStatement(MemoryKind.Insight, "Bought a sedan", "goals", 1, MemoryImportance.Low)] };
        IReadOnlyList<MemoryRecord>? nearest = null;
        Memory.Reconciler.Decides = candidates =>
        {
            nearest = candidates[0].Nearest;
            return new Reconciliation([], Deterministic: false);
        };
        await SayAsync("s1", "I bought a sedan.", "Nice.", "Bye.", "Bye.");
        await EventuallyAsync(() => Task.FromResult(nearest is not null));
        nearest![0].Content.ShouldBe("Owns an automobile.");
    }

    /// <summary>Waits until everything has its vector.</summary>
    protected async Task EmbeddedAsync() => await EventuallyAsync(async () => (await StatsAsync()).PendingVectors == 0);

    private async Task<UserStats> StatsAsync() => await Memory.User().GetStatsAsync();

    private async Task SayAsync(string session, params string[] said) => await Memory.Session(session).AppendAsync(new AppendRequest
    {
        Messages = [.. said.Select((text, i) => new Message { Role = i % 2 == 0 ? MessageRole.User : MessageRole.Assistant, Content = text })],
    });

    private async Task<string> RememberAsync(string content) =>
        (await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = content }]))).Outcomes[0].Record.Id;

    private Task<RecallResult> RecallAsync(string query, RecallMode mode = RecallMode.Auto, int limit = 10) =>
        Memory.User().RecallAsync(new RecallRequest { Query = query, Mode = mode, Limit = limit });

    private double Cosine(string a, string b) => Embedder.VectorOf(a).Zip(Embedder.VectorOf(b), (x, y) => x * y).Sum();

    private async Task<List<Document>> VectorDocumentsAsync()
    {
        var all = new List<Document>();
        foreach (var prefix in (string[])["v:", "q:"])
        {
            for (DocumentRange? range = DocumentRange.Prefix(prefix); range is { } next;)
            {
                var page = await Memory.Store.Inner.ReadAsync("user/acme/ada", next);
                all.AddRange(page.Documents);
                range = page.Next is null ? null : next with { From = page.Next };
            }
        }

        return all;
    }

    private async Task<bool> IsInSegmentAsync(string id) =>
        (await VectorDocumentsAsync()).Any(document => document.Id.StartsWith("q:", StringComparison.Ordinal) && Encoding.Latin1.GetString(document.Body.Span).Contains((char)id.Length + id));

    /// <summary>Neither an exact vector nor a segment names it: soon, where only a row of a segment is left.</summary>
    private async Task NothingIsStoredOfAsync(string id)
    {
        (await VectorDocumentsAsync()).ShouldNotContain(document => document.Id.Contains($":{DocumentIds.Encode(id)}", StringComparison.Ordinal));
        await EventuallyAsync(async () => (await VectorDocumentsAsync()).All(document => !Encoding.Latin1.GetString(document.Body.Span).Contains((char)id.Length + id)));
    }

    private Task PassAsync(Task until) => EventuallyAsync(() => Task.FromResult(until.IsCompleted));

    /// <summary>Lets time pass until something holds.</summary>
    protected async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        var began = System.Diagnostics.Stopwatch.StartNew();
        while (!await holds())
        {
            began.Elapsed.ShouldBeLessThan(Patience);
            Memory.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
    }
}
