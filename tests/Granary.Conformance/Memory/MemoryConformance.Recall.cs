using System.Text.Json;
using Granary.Conformance.Stores;
using Granary.Core.Reflection;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static Message Said(MessageRole role, string content, string? metadata = null, DateTimeOffset? at = null, string? name = null) => new()
    {
        Role = role,
        Content = content,
        Name = name,
        Timestamp = at,
        Metadata = metadata is null ? null : JsonDocument.Parse(metadata).RootElement,
    };

    private async Task<IReadOnlyList<RecallHit>> RecallAsync(string query, MemoryFilter? filter = null, string user = "ada", int limit = 10) =>
        (await Memory.User(user).RecallAsync(new RecallRequest { Query = query, Filter = filter ?? new(), Limit = limit })).Hits;

    /// <summary>The hits that have words of the query themselves: others come along because of what was said around them.</summary>
    private async Task<IReadOnlyList<RecallHit>> MatchesAsync(string query, string user = "ada") =>
        [.. (await RecallAsync(query, user: user)).Where(hit => hit.ScoreParts["words"] > 0)];

    private static (string? Session, long? Sequence) Source(RecallHit hit) => (hit.SessionId, hit.Message?.Sequence);

    [Fact]
    public async Task What_was_said_is_recalled_from_every_session_with_its_source()
    {
        await Memory.Session("one").AppendAsync(Append(User("My sister Nora lives in Lisbon."), Assistant("Nice, I will remember that.")));
        await Memory.Session("two").AppendAsync(Append(
            Said(MessageRole.User, "The parrot is called Plato.", """{"id":"m7"}""", new DateTimeOffset(2024, 3, 5, 0, 0, 0, TimeSpan.Zero), "Ada"),
            Assistant("A fine name.")));

        var nora = await RecallAsync("Where does Nora live?");
        Source(nora[0]).ShouldBe(("one", 1L));
        nora[0].Content.ShouldBe("My sister Nora lives in Lisbon.");
        nora[0].Id.ShouldBe("turn:one:1");
        nora[0].Score.ShouldBeInRange(0.0001, 1);
        nora[0].ScoreParts.ShouldNotBeEmpty();

        var plato = (await RecallAsync("What is the name of the parrot?"))[0];
        Source(plato).ShouldBe(("two", 1L));
        (plato.Message!.Name, plato.Message.Role, plato.Message.Metadata!.Value.GetProperty("id").GetString()).ShouldBe(("Ada", MessageRole.User, "m7"));
        plato.Timestamp.ShouldBe(new DateTimeOffset(2024, 3, 5, 0, 0, 0, TimeSpan.Zero));
        (await RecallAsync("zeppelin quarterback")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sessions_are_found_behind_any_number_of_messages_of_one()
    {
        for (var append = 0; append < 4; append++)
        {
            await Memory.Session("loud").AppendAsync(Append([.. Enumerable.Range(0, 100).Select(_ => Said(MessageRole.User, "Boats, boats, boats!", """{"trip":1}"""))]));
        }

        await Memory.Session("quiet").AppendAsync(Append(Said(
            MessageRole.User, "Somewhere between the garden and the kitchen table there was talk of a long summer, of rain, of guests and once of boats.", """{"trip":1}""")));
        var found = await Memory.User().RecallAsync(new RecallRequest
        {
            Query = "boats", Limit = 2, GroupBySession = true, Filter = new MemoryFilter { Metadata = JsonElement.Parse("""{"trip":1}""") },
        });
        found.Hits.Select(hit => hit.SessionId).ShouldBe(["loud", "quiet"]);
    }

    [Fact]
    public async Task A_turn_is_recallable_as_soon_as_it_is_acknowledged()
    {
        for (var i = 1; i <= 20; i++)
        {
            var session = Memory.Session($"s{i % 3}");
            await session.AppendAsync(Append(User($"The code of door {i} is zx{i * 7919}."), Assistant("Noted.")));
            (await RecallAsync($"zx{i * 7919}"))[0].Content.ShouldContain($"door {i} ");
        }
    }

    [Fact]
    public async Task Turns_are_recalled_after_a_restart_also_those_of_sessions_that_ended()
    {
        await Memory.Session("ended").AppendAsync(Append(User("The wifi password is swordfish."), Assistant("Noted.")));
        await Memory.Session("ended").EndAsync();
        await Memory.Session("open").AppendAsync(Append(User("The alarm code is nightingale."), Assistant("Noted.")));
        (await RecallAsync("swordfish"))[0].SessionId.ShouldBe("ended");
        await Memory.RestartAsync();
        (await RecallAsync("swordfish"))[0].SessionId.ShouldBe("ended");
        (await RecallAsync("nightingale"))[0].SessionId.ShouldBe("open");
        await Memory.Session("open").AppendAsync(Append(User("The alarm code is kingfisher now."), Assistant("Noted.")));
        (await RecallAsync("kingfisher"))[0].SessionId.ShouldBe("open");
    }

    [Fact]
    public async Task A_long_history_is_recalled_after_restarts_in_between()
    {
        var session = Memory.Session("long");
        for (var i = 0; i < 60; i++)
        {
            // A host that was dropped may still be folding and reflecting.
            await PatientSession.RepeatAsync(() => session.AppendAsync(new AppendRequest
            {
                IdempotencyKey = $"append-{i}",
                Messages = [.. Enumerable.Range(0, 25).SelectMany(k => new[] { User($"Item {i}-{k} is called word{(i * 25) + k}x."), Assistant($"Reply {i} {k} with some more words.") })],
            }).AsTask());
            if (i % 25 == 24)
            {
                await PatientSession.RepeatAsync(async () => (await RecallAsync($"word{i * 25}x"))[0].Message!.Sequence.ShouldBe((i * 50) + 1));
                await Memory.RestartAsync();
                session = Memory.Session("long");
            }
        }

        foreach (var number in (int[])[0, 1, 700, 1024, 1499])
        {
            await PatientSession.RepeatAsync(async () => (await RecallAsync($"word{number}x"))[0].Message!.Sequence.ShouldBe((number * 2) + 1));
        }

        await PatientSession.RepeatAsync(async () => (await Memory.User().GetStatsAsync()).IndexedMessages.ShouldBe(3000));
    }

    [Fact]
    public async Task A_superseded_answer_is_not_recalled_and_the_new_one_is()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("Which bird?"), Assistant("The cormorant.")));
        (await MatchesAsync("cormorant")).ShouldHaveSingleItem();
        await session.AppendAsync(Again(2, Assistant("The pelican.")));
        (await RecallAsync("cormorant")).ShouldBeEmpty();
        Source((await RecallAsync("pelican"))[0]).ShouldBe(("s1", 3L));
        await Memory.RestartAsync();
        (await RecallAsync("cormorant")).ShouldBeEmpty();
        (await MatchesAsync("pelican")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_erased_session_is_not_recalled_and_one_begun_anew_under_its_id_is()
    {
        await Memory.Session("a").AppendAsync(Append(User("The treasure lies under the oak."), Assistant("Noted.")));
        await Memory.Session("b").AppendAsync(Append(User("The treasure is a myth."), Assistant("Noted.")));
        (await MatchesAsync("treasure")).Count.ShouldBe(2);
        await Memory.Session("a").DeleteAsync();
        (await MatchesAsync("treasure")).ShouldHaveSingleItem().SessionId.ShouldBe("b");
        await Memory.Session("a").StartAsync(new StartSessionOptions());
        await Memory.Session("a").AppendAsync(Append(User("The chest lies under the elm."), Assistant("Noted.")));
        (await MatchesAsync("treasure")).ShouldHaveSingleItem().SessionId.ShouldBe("b");
        (await RecallAsync("chest elm"))[0].SessionId.ShouldBe("a");
        await Memory.RestartAsync();
        (await MatchesAsync("treasure")).ShouldHaveSingleItem().SessionId.ShouldBe("b");
        (await RecallAsync("chest elm"))[0].SessionId.ShouldBe("a");
    }

    [Fact]
    public async Task Users_and_tenants_never_see_each_others_turns()
    {
        await Memory.Session("s", "ada").AppendAsync(Append(User("The vault code is 4711."), Assistant("Noted.")));
        await Memory.Session("s", "bob").AppendAsync(Append(User("I like vaults."), Assistant("Good.")));
        (await RecallAsync("vault code 4711", user: "bob")).Select(hit => hit.Content).ShouldBe(["I like vaults.", "Good."]);
        var other = await Memory.Cluster.User(new UserKey("other", "ada")).RecallAsync(new RecallRequest { Query = "vault code 4711" });
        other.Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task Filters_hold_for_every_hit_and_are_never_relaxed()
    {
        var march = new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var may = new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero);
        await Memory.Session("one").AppendAsync(new AppendRequest
        {
            AgentId = "chef",
            Messages =
            [
                Said(MessageRole.User, "I cook lentils with garlic.", """{"topic":"food","rank":3,"tags":["a","b"]}""", march),
                Said(MessageRole.Assistant, "Lentils and garlic go well.", null, march),
            ],
        });
        await Memory.Session("two").AppendAsync(new AppendRequest
        {
            AgentId = "coach",
            Messages =
            [
                Said(MessageRole.User, "Lentils give me energy.", """{"topic":"sport","rank":9}""", may),
                Said(MessageRole.Assistant, "Lentils have protein.", null, may),
            ],
        });

        async Task<IEnumerable<string>> FoundAsync(MemoryFilter filter) => (await RecallAsync("lentils", filter)).Select(hit => hit.Content).Order();

        (await FoundAsync(new())).Count().ShouldBe(4);
        (await FoundAsync(new() { AgentId = "chef" })).ShouldBe(["I cook lentils with garlic.", "Lentils and garlic go well."]);
        (await FoundAsync(new() { AgentId = "nobody" })).ShouldBeEmpty();
        (await FoundAsync(new() { SessionId = "two" })).ShouldBe(["Lentils give me energy.", "Lentils have protein."]);
        (await FoundAsync(new() { Role = MessageRole.User })).ShouldBe(["I cook lentils with garlic.", "Lentils give me energy."]);
        (await FoundAsync(new() { From = may })).ShouldBe(["Lentils give me energy.", "Lentils have protein."]);
        (await FoundAsync(new() { To = may })).ShouldBe(["I cook lentils with garlic.", "Lentils and garlic go well."]);
        (await FoundAsync(new() { Metadata = Json("""{"topic":"food"}""") })).ShouldBe(["I cook lentils with garlic."]);
        (await FoundAsync(new() { Metadata = Json("""{"rank":{"gt":3}}""") })).ShouldBe(["Lentils give me energy."]);
        (await FoundAsync(new() { Metadata = Json("""{"OR":[{"rank":{"lte":3}},{"topic":"sport"}]}""") })).ShouldBe(["I cook lentils with garlic.", "Lentils give me energy."]);
        (await FoundAsync(new() { Metadata = Json("""{"topic":"food","rank":9}""") })).ShouldBeEmpty();
        (await FoundAsync(new() { Kinds = [MemoryKind.Fact] })).ShouldBeEmpty();
        await Should.ThrowAsync<InvalidRequestException>(() => RecallAsync("lentils", new() { Metadata = Json("""{"rank":{"near":3}}""") }));

        static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
    }

    [Fact]
    public async Task A_selective_filter_still_finds_what_ranks_last()
    {
        for (var i = 0; i < 10; i++)
        {
            await Memory.Session().AppendAsync(new AppendRequest
            {
                Messages = [.. Enumerable.Range(0, 50).SelectMany(k => new[] { Said(MessageRole.User, $"the apple number {i} {k}"), Assistant("apple apple apple") })],
            });
        }

        await Memory.Session("last").AppendAsync(Append(
            Said(MessageRole.User, "Somewhere in this very long sentence about many other things and people and places there is also an apple.", """{"mark":true}"""), Assistant("Yes.")));
        (await RecallAsync("apple", new MemoryFilter { Metadata = JsonDocument.Parse("""{"mark":true}""").RootElement }, limit: 1))
            .ShouldHaveSingleItem().SessionId.ShouldBe("last");
    }

    [Fact]
    public async Task Limits_scores_and_token_budgets_are_kept()
    {
        for (var i = 0; i < 12; i++)
        {
            await Memory.Session($"s{i}").AppendAsync(Append(User($"Robots, robots and more about robot {i}."), Assistant("A short robot answer.")));
        }

        var all = await RecallAsync("robots", limit: 100);
        all.Count.ShouldBe(24);
        all.Select(hit => hit.Score).ShouldBe(all.Select(hit => hit.Score).OrderDescending());
        (await RecallAsync("robots", limit: 5)).Select(hit => hit.Id).ShouldBe(all.Take(5).Select(hit => hit.Id));
        var tight = await Memory.User().RecallAsync(new RecallRequest { Query = "robots", Limit = 100, MaxTokens = 30 });
        tight.Tokens.ShouldBeInRange(1, 30);
        tight.Hits.Count.ShouldBeInRange(1, 10);
        (await Memory.User().RecallAsync(new RecallRequest { Query = "robots", MinScore = 1.01 - 0.01 })).Hits.ShouldAllBe(hit => hit.Score >= 1);
        foreach (var wrong in (RecallRequest[])[new() { Query = " " }, new() { Query = new string('x', 8_193) }, new() { Query = "x", Limit = 0 },
            new() { Query = "x", Limit = 1_001 }, new() { Query = "x", MaxTokens = 0 }, new() { Query = "x", MinScore = -0.1 }, new() { Query = "x", MinScore = 1.1 },
            new() { Query = "x", Turns = false, Records = false }])
        {
            await Should.ThrowAsync<InvalidRequestException>(() => Memory.User().RecallAsync(wrong));
        }
    }

    [Fact]
    public async Task Sessions_are_ranked_with_one_hit_each()
    {
        for (var i = 0; i < 4; i++)
        {
            await Memory.Session($"s{i}").AppendAsync(Append(User($"Session {i} begins."), Assistant("Go on."), User(i == 2 ? "We sail to Crete in June, sailing all day." : "We walk."), Assistant("Fine.")));
        }

        await Memory.Session("s0").AppendAsync(Append(User("A sail is white."), Assistant("Yes.")));
        var ranked = await Memory.User().RecallAsync(new RecallRequest { Query = "Who will sail to Crete?", GroupBySession = true });
        ranked.Hits[0].SessionId.ShouldBe("s2");
        ranked.Hits.Select(hit => hit.SessionId).ShouldBeUnique();
    }

    [Fact]
    public async Task What_only_repeats_messages_is_recalled_where_it_is_asked_for_by_its_kind()
    {
        Memory.Reflection.ChunkTurns = 2;
        Memory.Summarizer.Fail(100);
        await Memory.Session().AppendAsync(Append(User("I live in Tromso."), Assistant("Cold there."), User("I like herring."), Assistant("Noted.")));
        await Memory.Session().EndAsync();
        await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = "Has a house in Tromso." }]));
        (await Memory.User().ListMemoriesAsync(new MemoryQuery())).Memories.Select(m => m.Kind).ShouldContain(MemoryKind.Interaction);
        (await RecallAsync("Tromso")).Where(hit => hit.Record is not null).ShouldHaveSingleItem().Content.ShouldBe("Has a house in Tromso.");
        (await RecallAsync("Tromso", new MemoryFilter { Kinds = [MemoryKind.Interaction] })).ShouldHaveSingleItem().Record!.Kind.ShouldBe(MemoryKind.Interaction);
        (await Memory.User().RecallAsync(new RecallRequest { Query = "Tromso", Turns = false })).Hits.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData(MemoryKind.Summary)]
    [InlineData(MemoryKind.Interaction)]
    [InlineData(MemoryKind.Profile)]
    public async Task What_a_caller_remembers_is_recalled_whatever_its_kind_and_its_metadata(MemoryKind kind)
    {
        await Memory.Session().AppendAsync(Append(User("I live in Tromso."), Assistant("Cold there.")));
        var draft = new MemoryDraft { Kind = kind, Content = "Tromso was discussed.", Metadata = Metadata("""{"deterministic":true}"""), Sources = [new MemorySource("s1")] };
        await Memory.User().RememberAsync(new RememberRequest([draft]));
        (await RecordsOfAsync("Tromso")).ShouldBe(["Tromso was discussed."]);
    }

    [Fact]
    public async Task What_was_learned_from_messages_is_recalled_beside_them_once_a_caller_changed_it_or_said_it_too()
    {
        Memory.Summarizer.Fail(100);
        await TellAsync(Memory.Session(), "I live in Tromso.", "I like herring from Tromso.", "I want to leave Tromso.", "I was born in Tromso.");
        await Memory.Session().EndAsync();
        (await RecordsOfAsync("Tromso")).ShouldBeEmpty();
        var known = (await KnownAsync(MemoryKind.Fact, MemoryKind.Insight)).ToDictionary(record => record.Content);
        known.Values.ShouldAllBe(record => record.Origin == MemoryOrigin.Repeated);

        (await Memory.User().UpdateMemoryAsync(known["User: I live in Tromso."].Id, new MemoryPatch { Content = "Lives in Tromso, Norway." })).Origin.ShouldBe(MemoryOrigin.Told);
        (await Memory.User().UpdateMemoryAsync(known["User: I like herring from Tromso."].Id, new MemoryPatch { Pinned = true })).Origin.ShouldBe(MemoryOrigin.Learned);
        var again = await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Kind = MemoryKind.Insight, Content = "User: I want to leave Tromso." }]));
        (again.Outcomes[0].Event, again.Outcomes[0].Record.Origin).ShouldBe((MemoryEvent.None, MemoryOrigin.Told));
        (await RecordsOfAsync("Tromso")).ShouldBe(["Lives in Tromso, Norway.", "User: I like herring from Tromso.", "User: I want to leave Tromso."], ignoreOrder: true);
        (await RecordsOfAsync("Tromso", new MemoryFilter { Metadata = Metadata("""{"deterministic":true}""") })).ShouldContain("User: I was born in Tromso.");
    }

    [Fact]
    public async Task What_a_model_words_anew_is_recalled_beside_the_messages()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        await TellAsync(Memory.Session("a"), "I like herring.");
        await UntilKnownAsync(1, MemoryKind.Insight);
        (await RecordsOfAsync("herring")).ShouldBeEmpty();
        var known = (await KnownAsync(MemoryKind.Insight)).ShouldHaveSingleItem();
        known = await Memory.User().GetMemoryAsync(known.Id);
        Memory.Reflector.Finds = (_, found) => found with
        {
            Learned = [new LearnedStatement(MemoryKind.Insight, "Likes pickled herring.", "preferences", 1, MemoryImportance.Medium)],
            Deterministic = false,
        };
        Memory.Reconciler.Decides = candidates => new Reconciliation(
            [new ReconcileAction(MemoryEvent.Update, candidates[0].Statement, known, "It is more.")], Deterministic: false);
        await TellAsync(Memory.Session("b"), "The herring I like is pickled.");
        await UntilAsync(async () => (await Memory.User().GetMemoryAsync(known.Id)).Revision > 1);
        var changed = await Memory.User().GetMemoryAsync(known.Id);
        (changed.Origin, changed.Metadata!.Value.GetProperty("deterministic").GetBoolean()).ShouldBe((MemoryOrigin.Learned, false));
        (await RecordsOfAsync("herring")).ShouldContain("Likes pickled herring.");
    }

    private static JsonElement Metadata(string text) => JsonDocument.Parse(text).RootElement;

    private async Task<IEnumerable<string>> RecordsOfAsync(string query, MemoryFilter? filter = null) =>
        (await RecallAsync(query, filter, limit: 100)).Where(hit => hit.Record is not null).Select(hit => hit.Content);

    [Fact]
    public async Task Recall_of_a_user_nobody_has_heard_of_finds_nothing_and_creates_nothing()
    {
        (await RecallAsync("anything", user: "nobody")).ShouldBeEmpty();
        (await Memory.Store.Inner.ReadAsync("user/acme/nobody", new Granary.Core.Storage.DocumentRange("0", "z"))).Version.ShouldBe(Granary.Core.Storage.PartitionVersion.None);
    }

    [Fact]
    public async Task Recall_and_appends_at_the_same_time_never_miss_an_acknowledged_turn()
    {
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                var word = $"tok{w}q{i}";
                await Memory.Session($"w{w}").AppendAsync(Append(User($"Remember {word} please."), Assistant("Done.")));
                (await RecallAsync(word))[0].Content.ShouldBe($"Remember {word} please.");
            }
        }));
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task A_recall_that_meets_a_store_that_fails_says_so_and_the_next_one_works()
    {
        await Memory.Session().AppendAsync(Append(User("The lighthouse is red."), Assistant("Noted.")));
        Memory.Store.FailReads(when: static partition => partition.StartsWith("session/", StringComparison.Ordinal));
        await Should.ThrowAsync<UnavailableException>(() => RecallAsync("lighthouse"));
        (await MatchesAsync("lighthouse")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_recall_whose_use_cannot_be_noted_is_answered()
    {
        await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = "The lighthouse is red." }]));
        await RecallAsync("lighthouse");
        Memory.Store.CrashAt(1, FaultPoint.BeforeWrite);
        var found = await Memory.User().RecallAsync(new RecallRequest { Query = "lighthouse", Touch = true });
        found.Hits.ShouldHaveSingleItem().Content.ShouldBe("The lighthouse is red.");
        Memory.Store.Recover();
    }
}
