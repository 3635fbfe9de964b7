namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task The_default_resource_folds_at_ten_turns_and_leaves_four()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 9);
        (await session.GetContextAsync()).ActiveContext.Count.ShouldBe(9);
        await session.AppendAsync(Turn(10));
        await UntilEpochAsync(session, 2);
        var context = await session.GetContextAsync();
        context.ActiveContext.Select(t => t.Turn).ShouldBe([7, 8, 9, 10]);
        context.CumulativeSummary.ShouldNotBeEmpty();
        context.Messages[0].Content.ShouldContain("[MEMORY:EPISODIC]");
        (await HistoryAsync(session)).Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_compacted_session_is_the_same_after_a_restart()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(new Message { Role = MessageRole.System, Content = "Rule one." }));
        await AppendTurnsAsync(session, 1, 14);
        await session.AppendAsync(Append(User("open"), Call("c9")));
        await session.CompactAsync(new CompactOptions { Force = true });
        var before = await session.GetContextAsync();
        await Memory.RestartAsync();
        var after = await Memory.Session().GetContextAsync();
        after.Messages.Select(m => (m.Role, m.Content)).ShouldBe(before.Messages.Select(m => (m.Role, m.Content)));
        (after.Epoch, after.Tokens, after.CumulativeSummary, after.ETag).ShouldBe((before.Epoch, before.Tokens, before.CumulativeSummary, before.ETag));
        await Memory.Session().AppendAsync(Append(Result("c9")));
    }

    [Fact]
    public async Task Every_earlier_epoch_can_be_read_as_it_was_at_its_end()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 6);
        var first = await session.GetContextAsync();
        await session.CompactAsync(new CompactOptions { Force = true });
        await AppendTurnsAsync(session, 7, 8);
        var second = await session.GetContextAsync();
        await session.CompactAsync(new CompactOptions { Force = true });
        await Memory.RestartAsync();
        var one = await Memory.Session().GetEpochAsync(1);
        var two = await Memory.Session().GetEpochAsync(2);
        one.Messages.Select(m => m.Sequence).ShouldBe(first.ActiveContext.SelectMany(t => t.Messages).Select(m => m.Sequence));
        two.Messages.Select(m => m.Sequence).ShouldBe(second.ActiveContext.SelectMany(t => t.Messages).Select(m => m.Sequence));
        (one.Current, one.LastSequence, two.LastSequence).ShouldBe((false, 12L, 16L));
        two.Snapshot.Episodes.ShouldHaveSingleItem();
        (await Memory.Session().GetEpochAsync(3)).Current.ShouldBeTrue();
        await Should.ThrowAsync<NotFoundException>(() => Memory.Session().GetEpochAsync(4));
        await Should.ThrowAsync<NotFoundException>(() => Memory.Session().GetEpochAsync(0));
    }

    [Fact]
    public async Task A_tool_call_is_never_split_from_its_result()
    {
        var session = Memory.Session();
        for (var turn = 1; turn <= 20; turn++)
        {
            await session.AppendAsync(Append(User($"q{turn}"), Call($"c{turn}"), Result($"c{turn}"), Assistant("ok")));
        }

        await session.CompactAsync(new CompactOptions { Force = true, Strategy = CompactionStrategy.Fifo });
        foreach (var message in (await session.GetContextAsync()).ActiveContext.SelectMany(t => t.Messages))
        {
            if (message.ToolCallId is { } id)
            {
                (await session.GetContextAsync()).Messages.ShouldContain(m => m.ToolCalls != null && m.ToolCalls.Any(c => c.Id == id));
            }
        }
    }

    [Fact]
    public async Task Appends_and_reads_go_on_while_a_compaction_runs_and_nothing_is_lost()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 8);
        Memory.Summarizer.Hold();
        var compacting = session.CompactAsync(new CompactOptions { Force = true });
        await Memory.Summarizer.Entered;
        await session.AppendAsync(Turn(9));
        (await session.GetContextAsync()).ActiveContext.Count.ShouldBe(9);
        (await session.GetInfoAsync()).Health.ActualStrategy.ShouldBe("flush_pending");
        Memory.Summarizer.Release();
        var result = await compacting;
        (result.Success, result.SummaryGenerated, result.FoldedMessages, result.Epoch).ShouldBe((true, true, 8, 2));
        (await session.GetContextAsync()).ActiveContext.Select(t => t.Turn).ShouldBe([5, 6, 7, 8, 9]);
        (await HistoryAsync(session)).Count.ShouldBe(18);
    }

    [Fact]
    public async Task A_compaction_whose_epoch_is_over_changes_nothing()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 8);
        Memory.Summarizer.Hold();
        var compacting = session.CompactAsync(new CompactOptions { Force = true });
        await Memory.Summarizer.Entered;
        await session.ClearAsync(confirm: true);
        Memory.Summarizer.Release();
        var result = await compacting;
        (result.Success, result.FoldedMessages, result.Epoch).ShouldBe((false, 0, 2));
        (await session.GetContextAsync()).CumulativeSummary.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failing_summarizer_loses_nothing_and_is_tried_again_by_maintenance()
    {
        var session = Memory.Session();
        Memory.Summarizer.Fail(1);
        await AppendTurnsAsync(session, 1, 8);
        var failed = await session.CompactAsync(new CompactOptions { Force = true });
        (failed.Success, failed.Epoch, failed.MessageCount).ShouldBe((false, 1, 16));
        failed.Error.ShouldNotBeNull().ShouldContain("model is down");
        var health = (await session.GetInfoAsync()).Health;
        (health.Healthy, health.ConsecutiveFailures).ShouldBe((false, 1));
        await AppendTurnsAsync(session, 9, 11);
        (await session.GetInfoAsync()).Epoch.ShouldBe(1);
        Memory.Time.Advance(TimeSpan.FromMinutes(1));
        await Memory.MaintainAsync();
        var after = await session.GetInfoAsync();
        (after.Epoch, after.Health.ConsecutiveFailures).ShouldBe((2, 0));
        (await HistoryAsync(session)).Count.ShouldBe(22);
    }

    [Fact]
    public async Task A_compaction_whose_summary_extraction_made_for_the_model_says_so()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 8);
        Memory.Summarizer.StandIn(1);
        var result = await session.CompactAsync(new CompactOptions { Force = true });
        (result.Success, result.SummaryGenerated, result.SummaryFallback).ShouldBe((true, true, "The model is down."));
        await AppendTurnsAsync(session, 9, 14);
        result = await session.CompactAsync(new CompactOptions { Force = true });
        (result.Success, result.SummaryFallback).ShouldBe((true, null));
    }

    [Fact]
    public async Task A_context_that_no_longer_fits_is_folded_without_the_model()
    {
        var session = Memory.Session();
        Memory.Summarizer.Fail(100);
        for (var turn = 1; turn <= 12; turn++)
        {
            await session.AppendAsync(Append(User(string.Join(' ', Enumerable.Range(0, 600).Select(i => $"word{turn * i}"))), Assistant("ok")));
        }

        await session.CompactAsync(new CompactOptions());
        var info = await session.GetInfoAsync();
        info.Epoch.ShouldBeGreaterThan(1);
        info.TokenUsage.Used.ShouldBeLessThanOrEqualTo(info.TokenUsage.MaxTokens);
        (await HistoryAsync(session)).Count.ShouldBe(24);
    }

    [Fact]
    public async Task A_single_turn_with_a_long_run_of_tools_is_folded_rather_than_stuck()
    {
        var session = Memory.Session();
        var filler = string.Join(' ', Enumerable.Range(0, 300).Select(i => $"row {i}"));
        await session.AppendAsync(Append(User("Work through the list.")));
        for (var call = 1; call <= 30; call++)
        {
            await session.AppendAsync(Append(Call($"c{call}"), Result($"c{call}", filler)));
        }

        await session.CompactAsync(new CompactOptions());
        var info = await session.GetInfoAsync();
        info.TokenUsage.Used.ShouldBeLessThanOrEqualTo(info.TokenUsage.MaxTokens);
        var turn = (await session.GetContextAsync()).ActiveContext.ShouldHaveSingleItem();
        turn.Messages[0].Content.ShouldBe("Work through the list.");
        turn.Messages[^1].ToolCallId.ShouldBe("c30");
        await session.AppendAsync(Append(Assistant("Done.")));
    }

    [Fact]
    public async Task A_dry_run_tells_and_changes_nothing()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 7);
        Memory.Store.TakeCounts();
        var dry = await session.CompactAsync(new CompactOptions { DryRun = true, Force = true });
        (dry.DryRun, dry.WouldFlush, dry.FoldedMessages, dry.Epoch, dry.MessageCount).ShouldBe((true, true, 6, 1, 14));
        Memory.Store.Counts.Commits.ShouldBe(0);
        (await session.CompactAsync(new CompactOptions { DryRun = true })).WouldFlush.ShouldBeFalse();
    }

    [Fact]
    public async Task Below_its_trigger_a_compaction_folds_nothing_unless_forced()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 6);
        var idle = await session.CompactAsync(new CompactOptions());
        (idle.Success, idle.WouldFlush, idle.FoldedMessages, idle.SummaryGenerated).ShouldBe((true, false, 0, false));
        (await session.CompactAsync(new CompactOptions { Force = true })).FoldedMessages.ShouldBe(4);
    }

    [Theory]
    [InlineData(CompactionStrategy.TurnBuffer)]
    [InlineData(CompactionStrategy.TokenBudget)]
    [InlineData(CompactionStrategy.Fifo)]
    [InlineData(CompactionStrategy.Lru)]
    [InlineData(CompactionStrategy.TokenAwareLru)]
    [InlineData(CompactionStrategy.HybridSummary)]
    public async Task Every_strategy_folds_for_real_and_survives_a_restart(CompactionStrategy strategy)
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(new Message { Role = MessageRole.System, Content = "Stay." }));
        await AppendTurnsAsync(session, 1, 9);
        var result = await session.CompactAsync(new CompactOptions { Force = true, Strategy = strategy });
        result.FoldedMessages.ShouldBeGreaterThan(0);
        result.ActualStrategy.ShouldBe(strategy);
        var before = await session.GetContextAsync();
        before.ActiveContext.Sum(t => t.Messages.Count).ShouldBe(19 - result.FoldedMessages); // [avoid]: the survivors are those that were chosen
        result.MessageCount.ShouldBe(19 - result.FoldedMessages);
        before.Messages[0].Content.ShouldBe("Stay.");
        await Memory.RestartAsync();
        (await Memory.Session().GetContextAsync()).Messages.Select(m => m.Content).ShouldBe(before.Messages.Select(m => m.Content));
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(19);
    }

    [Fact]
    public async Task Concurrent_compactions_run_one_after_the_other()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 9);
        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => session.CompactAsync(new CompactOptions { Force = true })));
        results.Sum(r => r.FoldedMessages).ShouldBe(18 - (await session.GetInfoAsync()).ActiveMessages);
    }

    [Fact]
    public async Task Bad_compact_options_are_refused()
    {
        await Memory.Session().AppendAsync(Turn(1));
        (await Should.ThrowAsync<InvalidRequestException>(() => Memory.Session().CompactAsync(new CompactOptions { Threshold = 0 }))).Field.ShouldBe("threshold");
        (await Should.ThrowAsync<InvalidRequestException>(() => Memory.Session().CompactAsync(new CompactOptions { Strategy = (CompactionStrategy)99 }))).Field.ShouldBe("strategy");
    }

    [Fact]
    public async Task A_context_is_fitted_into_max_tokens_with_whole_turns()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 9);
        var all = await session.GetContextAsync();
        var fitted = await session.GetContextAsync(new ContextOptions { MaxTokens = all.Tokens.Used / 2 });
        fitted.Tokens.Used.ShouldBeLessThanOrEqualTo(all.Tokens.Used / 2);
        fitted.OmittedMessages.ShouldBe(18 - fitted.ActiveContext.Sum(t => t.Messages.Count));
        fitted.ActiveContext[^1].Turn.ShouldBe(9);
        (await Should.ThrowAsync<InvalidRequestException>(async () => await session.GetContextAsync(new ContextOptions { MaxTokens = 0 }))).Field.ShouldBe("max_tokens");
        var again = await session.GetContextAsync();
        (again.ETag, again.Tokens, again.OmittedMessages, again.Messages.Count).ShouldBe((all.ETag, all.Tokens, 0, all.Messages.Count));
    }

    [Fact]
    public async Task Random_appends_compactions_and_restarts_keep_every_message_in_order()
    {
        for (var seed = 0; seed < 15; seed++)
        {
            var random = new Random(seed);
            var id = $"r{seed}";
            var expected = new List<string>();
            var open = new List<string>();
            for (var step = 0; step < 60; step++)
            {
                var session = new PatientSession(Memory.Session(id));
                switch (random.Next(12))
                {
                    case 0 when expected.Count > 0:
                        await session.CompactAsync(new CompactOptions { Force = random.Next(2) == 0, Strategy = (CompactionStrategy)random.Next(6) });
                        break;
                    case 1:
                        await Memory.RestartAsync();
                        break;
                    case 2 when expected.Count > 0 && random.Next(8) == 0:
                        await session.ClearAsync(confirm: true);
                        open.Clear();
                        break;
                    case 3:
                        await session.AppendAsync(Append(User($"{step} with call"), Call($"call{step}") with { Content = $"calling {step}" }));
                        expected.AddRange([$"{step} with call", $"calling {step}"]);
                        open.Add($"call{step}");
                        break;
                    case 4 when open.Count > 0:
                        await session.AppendAsync(Append(Result(open[0], $"result {step}")));
                        expected.Add($"result {step}");
                        open.RemoveAt(0);
                        break;
                    case 5:
                        await session.AppendAsync(Append(new Message { Role = MessageRole.System, Content = $"rule {step}" }));
                        expected.Add($"rule {step}");
                        break;
                    default:
                        await session.AppendAsync(Turn(step));
                        expected.AddRange([$"question {step}", $"answer {step}"]);
                        break;
                }
            }

            (await HistoryAsync(Memory.Session(id))).Select(m => m.Content).ShouldBe(expected, $"seed {seed}");
            var (live, loaded) = (default(SessionContext), default(SessionContext));
            while (live is null || live.Epoch != loaded!.Epoch)
            {
                // Compactions of this and of earlier hosts may still be under way.
                live = await Memory.Session(id).GetContextAsync();
                await Memory.RestartAsync();
                loaded = await Memory.Session(id).GetContextAsync();
            }

            loaded.Messages.Select(m => m.Content).ShouldBe(live.Messages.Select(m => m.Content), $"seed {seed}");
            loaded.Tokens.ShouldBe(live.Tokens, $"seed {seed}");
        }
    }
}
