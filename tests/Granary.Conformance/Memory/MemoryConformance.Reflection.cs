using Granary.Conformance.Stores;
using Granary.Core.Reflection;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task What_a_user_said_is_known_when_the_session_has_ended()
    {
        await TellAsync(Memory.Session(), "My name is Ada and I live in Oslo.", "I like green tea.");
        var end = await Memory.Session().EndAsync();
        end.InsightsCount.ShouldBe(1);
        var known = await KnownAsync(MemoryKind.Insight, MemoryKind.Fact);
        known.Select(m => m.Content).ShouldBe(["User: My name is Ada.", "User: I live in Oslo.", "User: I like green tea."], ignoreOrder: true);
        var insight = known.Single(m => m.Kind == MemoryKind.Insight);
        (insight.Label, insight.Category, insight.AgentId).ShouldBe(("INS-0001", "preferences", "default"));
        insight.Sources.ShouldBe([new MemorySource("s1", 3, 3)]);
        insight.Metadata!.Value.GetProperty("deterministic").GetBoolean().ShouldBeTrue();
        insight.Confidence.ShouldBeLessThan(1);
        var change = (await Memory.User().GetHistoryAsync(insight.Id)).Changes.ShouldHaveSingleItem();
        (change.Event, change.SessionId, change.Reason).ShouldBe((MemoryEvent.Add, "s1", "The user said so."));
    }

    [Fact]
    public async Task Who_asks_for_it_has_a_session_reflected_on_by_the_model_at_once()
    {
        await TellAsync(Memory.Session(), "My name is Ada and I live in Oslo.", "I like green tea.");
        var done = await Memory.Session().ReflectAsync();
        (done.Status, done.InsightsCount).ShouldBe((ReflectStatus.Done, 1));
        done.Summary.ShouldNotBeEmpty();
        Memory.Reflector.Requests.ShouldHaveSingleItem().Messages.Count.ShouldBe(4);
        (await KnownAsync(MemoryKind.Insight)).ShouldHaveSingleItem().Content.ShouldBe("User: I like green tea.");
        (await Memory.Session().GetInfoAsync()).Status.ShouldBe(SessionStatus.Active);
        (await Memory.Session().ReflectAsync()).ShouldSatisfyAllConditions(
            again => again.Status.ShouldBe(ReflectStatus.Nothing), again => again.InsightsCount.ShouldBe(0), again => again.Summary.ShouldBe(done.Summary));

        await TellAsync(Memory.Session(), "I like green apples.");
        Memory.Reflector.Hold();
        var first = Memory.Session().ReflectAsync();
        await Memory.Reflector.Entered;
        (await Memory.Session().ReflectAsync()).Status.ShouldBe(ReflectStatus.Running);
        Memory.Reflector.Release();
        (await first).Status.ShouldBe(ReflectStatus.Done);
        Memory.Reflector.Requests.Count.ShouldBe(2);
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(2);
        (await Memory.Session().ReflectAsync()).Status.ShouldBe(ReflectStatus.Nothing);
        await Should.ThrowAsync<NotFoundException>(() => Memory.Session("nobody").ReflectAsync());
    }

    [Fact]
    public async Task An_ended_session_has_a_summary_record_and_an_interaction_record_and_is_not_reflected_on_twice()
    {
        await TellAsync(Memory.Session(), "I like green tea and I live in Oslo.", "The meeting with Bob is in Berlin.");
        var end = await Memory.Session().EndAsync();
        var summary = (await KnownAsync(MemoryKind.Summary)).ShouldHaveSingleItem();
        (summary.Content, summary.Sources[0].SessionId).ShouldBe((end.Summary, "s1"));
        var interaction = (await KnownAsync(MemoryKind.Interaction)).ShouldHaveSingleItem();
        interaction.Sources.ShouldBe([new MemorySource("s1", 1, 4)]);
        (await Memory.Session().EndAsync()).ShouldSatisfyAllConditions(again => again.AlreadyEnded.ShouldBeTrue(), again => again.InsightsCount.ShouldBe(1));
        Memory.Time.Advance(TimeSpan.FromHours(2));
        await Memory.MaintainAsync();
        (await KnownAsync()).Count.ShouldBe(4);
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions[0].CumulativeSummary.ShouldBe(end.Summary);
    }

    [Fact]
    public async Task A_session_in_which_nothing_was_said_teaches_nothing()
    {
        await Memory.Session().AppendAsync(Append(User("hi"), Assistant("hello")));
        var end = await Memory.Session().EndAsync();
        (end.Summary, end.InsightsCount).ShouldBe(("Brief session with minimal interaction.", 0));
        end.Topics.ShouldBe(["minimal interaction"]);
        (await KnownAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_so_many_turns_are_reflected_on_by_the_model_and_become_an_interaction_record()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (3, 2);
        await TellAsync(Memory.Session(), "I like tea.", "I like milk.", "I like rice.", "I like corn.", "I like figs.");
        await UntilKnownAsync(5, MemoryKind.Interaction, MemoryKind.Insight);
        Memory.Reflector.Requests.ShouldHaveSingleItem().Messages.Count.ShouldBe(6);
        (await KnownAsync(MemoryKind.Interaction)).Select(m => (m.Sources[0].FirstSequence, m.Sources[0].LastSequence)).ShouldBe([(1, 4), (5, 8)], ignoreOrder: true);
        var listed = (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        listed.Status.ShouldBe(SessionStatus.Active);
        listed.CumulativeSummary.ShouldContain("tea");
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(5);
        Memory.Reflector.Requests.Count.ShouldBe(1, "what is less than the threshold is read without a model");
        (await KnownAsync(MemoryKind.Insight)).Select(m => m.Label).Order().ShouldBe(Enumerable.Range(1, 5).Select(i => $"INS-{i:d4}"));
        (await KnownAsync(MemoryKind.Summary)).ShouldHaveSingleItem().Revision.ShouldBe(2);
    }

    [Fact]
    public async Task A_turn_that_was_not_answered_is_not_reflected_on_yet()
    {
        Memory.Reflection.ThresholdTurns = 2;
        await TellAsync(Memory.Session(), "I like tea.");
        await Memory.Session().AppendAsync(Append(User("I like milk.")));
        await ArrivedAsync(Memory.Session());
        Memory.Reflector.Requests.ShouldBeEmpty();
        await Memory.Session().AppendAsync(Append(Assistant("Good.")));
        await UntilKnownAsync(2, MemoryKind.Insight);
    }

    [Fact]
    public async Task A_silent_session_is_reflected_on_by_maintenance_once()
    {
        await TellAsync(Memory.Session(), "I like green tea.");
        Memory.Time.Advance(TimeSpan.FromMinutes(20));
        await TellAsync(Memory.Session(), "I live in Oslo.");
        Memory.Time.Advance(TimeSpan.FromMinutes(20));
        await Memory.MaintainAsync();
        (await KnownAsync()).ShouldBeEmpty("it was silent for 20 minutes only");
        await Memory.RestartAsync();
        Memory.Time.Advance(TimeSpan.FromMinutes(11));
        await Memory.MaintainAsync();
        (await KnownAsync(MemoryKind.Insight, MemoryKind.Fact)).Count.ShouldBe(2);
        Memory.Time.Advance(TimeSpan.FromDays(1));
        await Memory.MaintainAsync();
        (await KnownAsync(MemoryKind.Insight, MemoryKind.Fact)).ShouldAllBe(m => m.Revision == 1 && m.AccessCount == 0);
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(1);
    }

    [Fact]
    public async Task What_changed_is_found_among_many_that_say_something_alike()
    {
        await TellAsync(Memory.Session("a"), "I live in Oslo.");
        await Memory.Session("a").EndAsync();
        foreach (var number in Enumerable.Range(1, 8))
        {
            await RememberAsync(Memory.User(), Fact($"User: I moved to another team, number {number}."));
        }

        await TellAsync(Memory.Session("b"), "I moved to Bergen.");
        await Memory.Session("b").EndAsync();
        var known = (await KnownAsync(MemoryKind.Fact)).Select(m => m.Content).ToList();
        known.ShouldContain("User: I moved to Bergen.");
        known.ShouldNotContain("User: I live in Oslo.");
    }

    [Fact]
    public async Task What_is_said_again_in_another_session_is_known_and_used_and_what_changed_takes_the_place_of_the_older()
    {
        await TellAsync(Memory.Session("a"), "I like green tea. I live in Oslo.");
        await Memory.Session("a").EndAsync();
        await TellAsync(Memory.Session("b"), "I like green tea. I moved to Bergen.");
        (await Memory.Session("b").EndAsync()).InsightsCount.ShouldBe(0);
        var known = await KnownAsync(MemoryKind.Insight, MemoryKind.Fact);
        known.Select(m => m.Content).ShouldBe(["User: I like green tea.", "User: I moved to Bergen."], ignoreOrder: true);
        var tea = known.Single(m => m.Kind == MemoryKind.Insight);
        (tea.AccessCount, tea.LastAccessed).ShouldBe((1, Memory.Time.GetUtcNow()));
        tea.Sources.Select(s => s.SessionId).ShouldBe(["a", "b"]);
        var deleted = (await Memory.User().ListMemoriesAsync(new MemoryQuery { States = [MemoryState.Deleted] })).Memories.ShouldHaveSingleItem();
        deleted.Content.ShouldBe("User: I live in Oslo.");
        (await Memory.User().GetHistoryAsync(deleted.Id)).Changes[^1].ShouldSatisfyAllConditions(
            change => change.Event.ShouldBe(MemoryEvent.Delete), change => change.SessionId.ShouldBe("b"), change => change.Reason.ShouldNotBeNull());
    }

    [Fact]
    public async Task What_a_model_cites_counts_as_used_and_what_it_changes_keeps_its_history()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        var kept = (await Memory.User().RememberAsync(new RememberRequest(
        [
            new MemoryDraft { Kind = MemoryKind.Insight, Category = "goals", Content = "Wants to learn to swim." },
            new MemoryDraft { Kind = MemoryKind.Insight, Category = "goals", Content = "Wants a boat." },
            new MemoryDraft { Kind = MemoryKind.Insight, Category = "goals", Content = "Wants a pinned boat.", Pinned = true },
        ]))).Outcomes.Select(o => o.Record).ToList();
        Memory.Reflector.Finds = (request, found) => found with
        {
            Cited = [kept[1].Id, "unknown"],
            Learned = [new LearnedStatement(MemoryKind.Insight, "Swims well now.", "learning_progress", 2, MemoryImportance.High)],
            Deterministic = false,
        };
        Memory.Reconciler.Decides = candidates => new Reconciliation(
            [
                new ReconcileAction(MemoryEvent.Update, candidates[0].Statement, kept[0], "It is more."),
                new ReconcileAction(MemoryEvent.Delete, null, kept[2], "Gone."),
            ],
            Deterministic: false);
        await TellAsync(Memory.Session(), "I can swim a boat and learn what a pinned boat is.");
        await UntilKnownAsync(1, MemoryKind.Summary);
        var swims = await Memory.User().GetMemoryAsync(kept[0].Id);
        (swims.Content, swims.Category, swims.Confidence, swims.Importance, swims.Revision).ShouldBe(("Swims well now.", "learning_progress", 1, MemoryImportance.High, 2));
        (await Memory.User().GetHistoryAsync(kept[0].Id)).Changes[^1].ShouldSatisfyAllConditions(
            change => change.OldContent.ShouldBe("Wants to learn to swim."), change => change.Reason.ShouldBe("It is more."), change => change.SessionId.ShouldBe("s1"));
        (await Memory.User().GetMemoryAsync(kept[1].Id)).AccessCount.ShouldBe(1);
        (await Memory.User().GetMemoryAsync(kept[2].Id)).State.ShouldBe(MemoryState.Active, "it is pinned");
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(1);
    }

    [Fact]
    public async Task All_that_a_reflection_brings_happens_however_much_it_is()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        var known = (await Memory.User().RememberAsync(new RememberRequest([.. Enumerable.Range(0, 60).Select(i => new MemoryDraft { Content = $"Owns boat {i}." })]))).Outcomes;
        Memory.Reconciler.Decides = candidates => new Reconciliation(
            [
                .. known.Select(outcome => new ReconcileAction(MemoryEvent.Delete, null, outcome.Record, "Sold.")),
                .. candidates.Select(candidate => new ReconcileAction(MemoryEvent.Add, candidate.Statement, null, "New.")),
            ],
            Deterministic: false);
        await TellAsync(Memory.Session(), "I like walking.");
        await UntilKnownAsync(1, MemoryKind.Summary);
        (await KnownAsync(MemoryKind.Fact)).ShouldBeEmpty();
        (await KnownAsync(MemoryKind.Insight)).ShouldHaveSingleItem().Content.ShouldBe("User: I like walking.");
    }

    [Fact]
    public async Task What_changed_since_a_model_looked_is_not_changed_by_it()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        var kept = (await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Kind = MemoryKind.Insight, Category = "goals", Content = "Wants to swim." }]))).Outcomes[0].Record;
        Memory.Reflector.Finds = (_, found) => found with { Learned = [new LearnedStatement(MemoryKind.Insight, "Swims.", "goals", 1, MemoryImportance.Low)] };
        Memory.Reconciler.Decides = candidates => new Reconciliation([new ReconcileAction(MemoryEvent.Update, candidates[0].Statement, kept, "More.")], Deterministic: false);
        await Memory.User().UpdateMemoryAsync(kept.Id, new MemoryPatch { Content = "Wants to swim to France." });
        await TellAsync(Memory.Session(), "I swim a lot these days.");
        await UntilKnownAsync(2, MemoryKind.Insight);
        (await KnownAsync(MemoryKind.Insight)).Select(m => m.Content).ShouldBe(["Wants to swim to France.", "Swims."], ignoreOrder: true);
    }

    [Fact]
    public async Task A_reconciler_that_fails_leads_to_additions()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        Memory.Reconciler.Fail(1);
        await TellAsync(Memory.Session(), "I like green tea.");
        await UntilKnownAsync(1, MemoryKind.Insight);
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_reflection_that_fails_is_tried_again_later_and_stops_nothing()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        Memory.Reflector.Fail(2);
        await TellAsync(Memory.Session(), "I like green tea.");
        for (var wait = 1; wait <= 2; wait++)
        {
            await UntilAsync(() => Task.FromResult(Memory.Reflector.Requests.Count >= wait));

            // The failure is noted before anything else happens: else there would be another, or the retry would be later.
            await UntilDueAsync(TimeSpan.FromSeconds(11));
            await TellAsync(Memory.Session(), "Go on.");
            (await KnownAsync()).ShouldBeEmpty();
            Memory.Reflector.Requests.Count.ShouldBe(wait);
            Memory.Time.Advance(TimeSpan.FromSeconds(11));
            await Memory.MaintainAsync();
        }

        await UntilKnownAsync(1, MemoryKind.Insight);
    }

    [Fact]
    public async Task A_model_that_hangs_holds_neither_appends_nor_the_end_nor_erasure()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns, Memory.Reflection.EndPatience) = (1, 100, TimeSpan.Zero);
        Memory.Reflector.Hold();
        await TellAsync(Memory.Session("a"), "I like green tea.");
        await Memory.Reflector.Entered;
        await TellAsync(Memory.Session("a"), "I like milk.");
        (await Memory.Session("a").EndAsync()).InsightsCount.ShouldBe(2);
        Memory.Reflector.Hold();
        await TellAsync(Memory.Session("b"), "I like rice.");
        await Memory.Reflector.Entered;
        await Memory.Session("b").DeleteAsync();
        Memory.Reflector.Release();
        (await KnownAsync(MemoryKind.Insight)).Select(m => m.Content).ShouldBe(["User: I like green tea.", "User: I like milk."], ignoreOrder: true);
    }

    [Fact]
    public async Task A_session_ends_within_its_time_whatever_models_hang()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns, Memory.Reflection.EndLimit) = (1, 100, TimeSpan.FromSeconds(40));
        Memory.Reflector.Fail(1);
        await TellAsync(Memory.Session("a"), "I like green tea.");
        await UntilDueAsync(TimeSpan.FromSeconds(11));
        Memory.Reflector.Hold();
        var reflecting = Memory.Session("a").EndAsync();
        await Memory.Reflector.Entered;
        Memory.Time.Advance(TimeSpan.FromSeconds(41));
        (await reflecting.WaitAsync(TimeSpan.FromSeconds(60))).InsightsCount.ShouldBe(1);

        Memory.Reflection.ThresholdTurns = 100;
        await TellAsync(Memory.Session("b"), "I like rice from Milan.");
        Memory.Summarizer.Hold();
        var summarizing = Memory.Session("b").EndAsync();
        await Memory.Summarizer.Entered;
        Memory.Time.Advance(TimeSpan.FromSeconds(41));
        var end = await summarizing.WaitAsync(TimeSpan.FromSeconds(60));
        (end.InsightsCount, end.SummaryFallback).ShouldBe((1, "The model took more than 40 seconds."));
        end.Summary.ShouldContain("Milan");
        Memory.Reflector.Release();
        Memory.Summarizer.Release();
    }

    [Theory]
    [InlineData("### Relevant Memory\n- I live in Rome.\n\n{0}")]
    [InlineData("[MEMORY:RECALLED]\n- I live in Rome. (session x)\n\n{0}")]
    [InlineData("[MEMORY:EPISODIC]\n1) User: I live in Rome.\n\n[MEMORY:USER_PREFERENCES]\n- I like Rome.\n\n{0}")]
    [InlineData("{0}\n\n### Long-term Context\nI live in Rome.")]
    public async Task What_memory_put_into_a_prompt_is_not_learned_again(string form)
    {
        Memory.Reflection.ThresholdTurns = 2;
        await Memory.Session().AppendAsync(Append(new Message { Role = MessageRole.System, Content = "I live in Rome." }));
        await Memory.Session().AppendAsync(Append(User(form.Replace("{0}", "I live in Oslo.", StringComparison.Ordinal)), Call("c"), Result("c", "I live in Rome."), Assistant("[MEMORY:RECALLED]\n- I live in Rome.")));
        await Memory.Session().EndAsync();
        var known = await KnownAsync();
        known.Where(m => m.Kind == MemoryKind.Fact).ShouldHaveSingleItem().Content.ShouldBe("User: I live in Oslo.");
        known.Where(m => m.Kind is MemoryKind.Insight or MemoryKind.Fact).ShouldAllBe(m => !m.Content.Contains("Rome"));
        known.Single(m => m.Kind == MemoryKind.Interaction).Content.ShouldNotContain("Rome");
    }

    [Fact]
    public async Task What_memory_s_tools_answer_is_neither_learned_nor_summarized_nor_recalled()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (100, 2);
        var call = new Message { Role = MessageRole.Assistant, ToolCalls = [new ToolCall("c1", "recall", System.Text.Json.JsonDocument.Parse("{}").RootElement)] };
        await Memory.Session().AppendAsync(Append(User("Where do I live, do you know?"), call));
        await Memory.Session().AppendAsync(Append(Result("c1", "I live in Rome. The code is nightingale."), Assistant("In Rome, I think.")));
        await Memory.Session().AppendAsync(Append(User("### Relevant Memory\n- The code is kingfisher.\n\nI live in Oslo."), Assistant("Noted.")));
        (await MatchesAsync("nightingale")).ShouldBeEmpty();
        (await MatchesAsync("kingfisher")).ShouldBeEmpty();
        (await MatchesAsync("Oslo")).Where(hit => hit.Record is null).ShouldHaveSingleItem();
        var end = await Memory.Session().EndAsync();
        end.Summary.ShouldContain("Oslo");
        foreach (var text in (await KnownAsync()).Select(record => record.Content).Append(end.Summary))
        {
            text.ShouldNotContain("nightingale");
            text.ShouldNotContain("kingfisher");
        }
    }

    [Fact]
    public async Task What_a_model_writes_passes_the_session_s_privacy_policy()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (1, 100);
        await Memory.Cluster.Resources(MemoryFixture.Tenant).PutAsync(
            new MemoryResource { Name = "private", Privacy = new PrivacyPolicy { RedactPatterns = [@"\d{4}-\d{4}"], RedactionString = "[GONE]" } });
        Memory.Reflector.Finds = (_, found) => found with
        {
            Learned = [new LearnedStatement(MemoryKind.Insight, "Has card 1234-5678.", "preferences", 1, MemoryImportance.Low)],
            Summary = "Card 1234-5678.",
        };
        await Memory.Session().AppendAsync(Append(User("My card is 1234 and then 5678."), Assistant("Fine.")) with { Resource = "private" });
        await UntilKnownAsync(2, MemoryKind.Insight, MemoryKind.Summary);
        (await KnownAsync()).ShouldAllBe(m => m.Content.Contains("[GONE]") && !m.Content.Contains("1234-5678"));
    }

    [Fact]
    public async Task An_erased_session_takes_what_came_from_it_alone()
    {
        await TellAsync(Memory.Session("a"), "I like green tea. I live in Oslo. I like olives from Crete.");
        await Memory.Session("a").EndAsync();
        await TellAsync(Memory.Session("b"), "I like green tea. I moved to Bergen.");
        await Memory.Session("b").EndAsync();
        await Memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = "Told outright.", Kind = MemoryKind.Fact }]));
        await Memory.Session("a").DeleteAsync();
        var all = (await Memory.User().ListMemoriesAsync(new MemoryQuery { States = Enum.GetValues<MemoryState>() })).Memories;
        all.Where(m => m.Kind is MemoryKind.Fact or MemoryKind.Insight).Select(m => m.Content)
            .ShouldBe(["User: I like green tea.", "User: I moved to Bergen.", "Told outright."], ignoreOrder: true);
        all.Where(m => m.Kind is MemoryKind.Summary or MemoryKind.Interaction).ShouldAllBe(m => m.Sources[0].SessionId == "b");
        var tea = all.Single(m => m.Kind == MemoryKind.Insight);
        tea.Sources.Select(s => s.SessionId).ShouldBe(["b"]);
        (await Memory.User().GetHistoryAsync(tea.Id)).Changes.ShouldAllBe(change => change.SessionId != "a");
        foreach (var document in (await Memory.Store.Inner.ReadAsync($"user/{MemoryFixture.Tenant}/ada", new DocumentRange("r:", "z~"))).Documents)
        {
            System.Text.Encoding.UTF8.GetString(document.Body.Span).ShouldNotContain("Crete");
        }
    }

    [Fact]
    public async Task A_crash_at_any_commit_neither_loses_nor_doubles_what_is_learned()
    {
        (Memory.Reflection.ThresholdTurns, Memory.Reflection.ChunkTurns) = (2, 2);
        var dishes = new[] { "tea", "milk", "rice", "corn", "figs" };
        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            for (var crash = 1; crash <= 18; crash++)
            {
                var user = $"u-{point}-{crash}";
                var session = new PatientSession(Memory.Session("s", user));
                Memory.Store.CrashAt(crash, point);
                try
                {
                    for (var turn = 0; turn < dishes.Length; turn++)
                    {
                        await Memory.Session("s", user).AppendAsync(Said($"I like {dishes[turn]}.", turn));
                    }

                    await Memory.Session("s", user).EndAsync();
                }
                catch (UnavailableException)
                {
                }

                Memory.Store.Recover();
                await Memory.RestartAsync();
                Memory.Time.Advance(TimeSpan.FromMinutes(2));
                await Memory.MaintainAsync();
                for (var turn = 0; turn < dishes.Length; turn++)
                {
                    try
                    {
                        await session.AppendAsync(Said($"I like {dishes[turn]}.", turn));
                    }
                    catch (ConflictException conflict) when (conflict.Code == ErrorCodes.Completed)
                    {
                    }
                }

                await UntilAsync(async () =>
                {
                    try
                    {
                        await Memory.Session("s", user).EndAsync();
                        return true;
                    }
                    catch (UnavailableException)
                    {
                        return false;
                    }
                });
                var name = $"{point}, commit {crash}";
                Memory.Time.Advance(TimeSpan.FromMinutes(2));
                await Memory.MaintainAsync();

                // What the dead host still had under way is over; what this one remembers may be older.
                await Memory.RestartAsync();
                var known = (await Memory.User(user).ListMemoriesAsync(new MemoryQuery { States = Enum.GetValues<MemoryState>(), Limit = 1000 })).Memories;
                known.Where(m => m.Kind == MemoryKind.Insight).Select(m => m.Content).ShouldBe(dishes.Select(dish => $"User: I like {dish}."), ignoreOrder: true, name);
                known.Where(m => m.Kind == MemoryKind.Insight).ShouldAllBe(m => m.Revision == 1, name);
                known.Count(m => m.Kind == MemoryKind.Summary).ShouldBe(1, name);
                var covered = known.Where(m => m.Kind == MemoryKind.Interaction).SelectMany(m => m.Sources)
                    .SelectMany(s => Enumerable.Range((int)s.FirstSequence!, (int)(s.LastSequence! - s.FirstSequence!) + 1)).Order().ToList();
                covered.ShouldBe(Enumerable.Range(1, 2 * dishes.Length), name);
                (await Memory.Session("s", user).EndAsync()).InsightsCount.ShouldBe(dishes.Length, name);
            }
        }
    }

    [Fact]
    public async Task The_end_of_a_long_session_learns_from_all_of_it()
    {
        Memory.Reflection.ThresholdTurns = 1_000;
        await TellAtLengthAsync(Memory.Session());
        (await Memory.Session().EndAsync()).InsightsCount.ShouldBe(LongDishes.Length);
        await CheckAllOfItAsync("ada", "");
    }

    [Fact]
    public async Task A_crash_while_a_long_session_ends_neither_loses_nor_doubles_anything()
    {
        Memory.Reflection.ThresholdTurns = 1_000;
        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            for (var crash = 1; crash <= 7; crash += 2)
            {
                var user = $"u-{point}-{crash}";
                await TellAtLengthAsync(Memory.Session("s1", user));
                Memory.Store.CrashAt(crash, point);
                try
                {
                    await Memory.Session("s1", user).EndAsync();
                }
                catch (UnavailableException)
                {
                }

                Memory.Store.Recover();
                await Memory.RestartAsync();
                (await Memory.Session("s1", user).EndAsync()).InsightsCount.ShouldBe(LongDishes.Length, $"{point}, commit {crash}");

                // An end that was durable before the crash is delivered by maintenance.
                Memory.Time.Advance(TimeSpan.FromMinutes(2));
                await Memory.MaintainAsync();
                await CheckAllOfItAsync(user, $"{point}, commit {crash}");
            }
        }
    }

    private static readonly string[] LongDishes = ["tea", "milk", "rice", "corn", "figs"];

    /// <summary>More than is read at once, twice over.</summary>
    private static async Task TellAtLengthAsync(ISessionMemory session)
    {
        foreach (var dish in LongDishes)
        {
            await session.AppendAsync(Append(User($"I like {dish}."), Assistant(new string('x', 240_000))));
        }
    }

    private async Task CheckAllOfItAsync(string user, string name)
    {
        var known = (await Memory.User(user).ListMemoriesAsync(new MemoryQuery { Limit = 1000 })).Memories;
        known.Where(m => m.Kind == MemoryKind.Insight).Select(m => (m.Content, m.Revision)).ShouldBe(LongDishes.Select(dish => ($"User: I like {dish}.", 1)), ignoreOrder: true, name);
        known.Count(m => m.Kind == MemoryKind.Summary).ShouldBe(1, name);
        known.Where(m => m.Kind == MemoryKind.Interaction).SelectMany(m => m.Sources)
            .SelectMany(s => Enumerable.Range((int)s.FirstSequence!, (int)(s.LastSequence! - s.FirstSequence!) + 1)).Order()
            .ShouldBe(Enumerable.Range(1, 2 * LongDishes.Length), name);
    }

    private static AppendRequest Said(string text, int turn) => new() { Messages = [User(text), Assistant("Noted.")], IdempotencyKey = $"k{turn}" };

    private static async Task TellAsync(ISessionMemory session, params string[] said)
    {
        foreach (var text in said)
        {
            await session.AppendAsync(Append(User(text), Assistant("Noted.")));
        }
    }

    private async Task<IReadOnlyList<MemoryRecord>> KnownAsync(params MemoryKind[] kinds) =>
        (await Memory.User().ListMemoriesAsync(new MemoryQuery { Filter = new MemoryFilter { Kinds = kinds }, Limit = 1000 })).Memories;

    /// <summary>Waits for what reflection in the background brings.</summary>
    private Task UntilKnownAsync(int count, params MemoryKind[] kinds) => UntilAsync(async () => (await KnownAsync(kinds)).Count >= count);

    /// <summary>Waits until some session is due within a time.</summary>
    private Task UntilDueAsync(TimeSpan within) => UntilAsync(async () =>
    {
        var until = Memory.Time.GetUtcNow() + within;
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            if ((await Memory.Store.DueAsync(shard, until, 10)).Any(due => due.Partition.StartsWith("session/", StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    });

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await holds())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
