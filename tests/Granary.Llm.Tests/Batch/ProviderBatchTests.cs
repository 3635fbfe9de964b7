using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Batch;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Providers;

namespace Granary.Llm.Tests.Batch;

public sealed class ProviderBatchTests
{
    public static TheoryData<ProviderKind> Kinds => [ProviderKind.OpenAI, ProviderKind.Anthropic, ProviderKind.Gemini];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_batch_goes_its_way_and_each_line_has_its_answer_or_its_error_by_its_id(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Line = (id, _) => id.EndsWith("_1", StringComparison.Ordinal) ? new FakeLine(Error: "content_policy") : new FakeLine("answer to " + id);
        var made = await batch.CreateAsync(3);
        made.Status.ShouldBe(BatchStatus.Pending);
        made.BatchId.ShouldMatch("^batch_[0-9a-f]{16}$");

        await batch.WorkAsync();
        batch.Provider.Batches.ShouldHaveSingleItem().Lines.Select(line => line.CustomId).ShouldBe([$"{batch.Id}_0", $"{batch.Id}_1", $"{batch.Id}_2"]);
        for (var slow = 0; slow < 3; slow++)
        {
            await batch.PassAsync();
            (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Running);
        }

        batch.Provider.EndAll();
        await batch.PassAsync();
        var info = await batch.InfoAsync();
        info.Status.ShouldBe(BatchStatus.Completed);
        (info.Completed, info.Failed, info.ItemsProcessed).ShouldBe((2, 1, 3));
        info.BatchType.ShouldBe(kind switch { ProviderKind.OpenAI => BatchType.OpenaiBatchApi, ProviderKind.Anthropic => BatchType.AnthropicBatchApi, _ => BatchType.GeminiBatchApi });
        info.ProviderBatches.ShouldHaveSingleItem().Id.ShouldBe(batch.Provider.Batches[0].Id);
        info.InputTokens.ShouldBe(2_000);
        info.Cost.ShouldBeGreaterThan(0);
        var results = await batch.ResultsAsync();
        results.Select(result => result.CustomId).ShouldBe([$"{batch.Id}_0", $"{batch.Id}_1", $"{batch.Id}_2"]);
        results[0].Response!.Content.ShouldBe($"answer to {batch.Id}_0");
        results[1].ErrorCode.ShouldBe("content_policy");
        batch.Audited.Count.ShouldBe(3);
        batch.Audited.Sum(call => call.Cost ?? 0).ShouldBe(info.Cost);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_provider_that_falls_silent_does_not_hold_a_batch(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        batch.Provider.FallSilent = true;

        var work = batch.PassAsync();
        await batch.Provider.Silence;

        // Its patience begins when it reads, which the test does not see: it is given the time until it has it.
        for (var patience = 0; !work.IsCompleted && patience < 1_000; patience++)
        {
            batch.Time.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(work, Task.Delay(20));
        }

        await work;
        for (var pass = 0; pass < 10 && (await batch.InfoAsync()).Status != BatchStatus.Completed; pass++)
        {
            await batch.PassAsync(TimeSpan.FromMinutes(5));
        }

        (await batch.ResultsAsync()).Count(result => result.Response is not null).ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Answers_that_call_tools_go_on_in_the_next_round(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Line = (id, body) => !id.EndsWith("_0", StringComparison.Ordinal) && !body.ToJsonString().Contains("tool result", StringComparison.Ordinal)
            ? new FakeLine(Tool: "look_up")
            : new FakeLine("done " + id);
        await batch.CreateAsync(3, request => request with { Tools = ["look_up"] });
        await batch.WorkAsync();
        batch.Provider.Batches[0].Lines[0].Body.ToJsonString().ShouldContain("look_up");
        batch.Provider.EndAll();
        await batch.PassAsync();
        batch.ToolRuns.ShouldBe(2);
        batch.Provider.Batches.Count.ShouldBe(2, (await batch.InfoAsync()).ToString());
        batch.Provider.Batches[1].Lines.Select(line => line.CustomId).ShouldBe([$"{batch.Id}_1", $"{batch.Id}_2"]);
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Completed);
        (await batch.ResultsAsync()).Select(result => (result.Response!.Content, result.Rounds)).ShouldBe([($"done {batch.Id}_0", 1), ($"done {batch.Id}_1", 2), ($"done {batch.Id}_2", 2)]);
        (await batch.InfoAsync()).InputTokens.ShouldBe(5_000);
    }

    [Fact]
    public async Task A_model_that_never_stops_calling_tools_is_stopped()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        batch.Provider.Line = (_, _) => new FakeLine(Tool: "look_up");
        await batch.CreateAsync(2, request => request with { Tools = ["look_up"], MaxIterations = 3 });
        for (var round = 0; round < 4; round++)
        {
            await batch.PassAsync();
            batch.Provider.EndAll();
        }

        batch.Provider.Batches.Count.ShouldBe(3);
        (await batch.ResultsAsync()).ShouldAllBe(result => result.ErrorCode == "too_many_iterations" && result.Rounds == 3);
        batch.ToolRuns.ShouldBe(4);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Avoid_an_expired_batch_that_is_neither_running_nor_over(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(3);
        await batch.WorkAsync();
        batch.Provider.EndAll("expired", answered: 1);
        await batch.PassAsync();
        var info = await batch.InfoAsync();
        info.Status.ShouldBe(BatchStatus.Failed);
        info.Error.ShouldBe("expired");
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, "expired", "expired"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancelled_batch_is_cancelled_at_the_provider_and_keeps_what_was_answered(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(3);
        await batch.WorkAsync();
        (await batch.Batches.CancelAsync("acme", "ada", batch.Id)).CancelRequested.ShouldBeTrue();
        await batch.WorkAsync();
        batch.Provider.Batches[0].CancelAsked.ShouldBeTrue();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Running);
        batch.Provider.EndAll("cancelled", answered: 2);
        await batch.PassAsync();
        var info = await batch.InfoAsync();
        info.Status.ShouldBe(BatchStatus.Cancelled);
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, null, "cancelled"]);
        (await batch.Batches.CancelAsync("acme", "ada", batch.Id)).Status.ShouldBe(BatchStatus.Cancelled);
    }

    [Fact]
    public async Task A_batch_that_is_cancelled_before_it_is_submitted_never_is()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(3);
        await batch.Batches.CancelAsync("acme", "ada", batch.Id);
        await batch.WorkAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Cancelled);
        batch.Provider.Batches.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_busy_provider_is_asked_again_when_it_says(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Refusals.Enqueue((429, 120));
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        var info = await batch.InfoAsync();
        (info.Status, info.RetryCount).ShouldBe((BatchStatus.Retry, 1));
        await batch.PassAsync(TimeSpan.FromSeconds(100));
        batch.Provider.Batches.ShouldBeEmpty("it asked for 120 s");
        await batch.PassAsync(TimeSpan.FromSeconds(30));
        batch.Provider.Batches.Count.ShouldBe(1);
        batch.Provider.EndAll();
        await batch.PassAsync();
        info = await batch.InfoAsync();
        (info.Status, info.RetryCount, info.Error).ShouldBe((BatchStatus.Completed, 0, null));
    }

    [Fact]
    public async Task A_provider_that_stays_away_fails_the_batch_after_its_retries()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        for (var i = 0; i < 10; i++)
        {
            batch.Provider.Refusals.Enqueue((503, null));
        }

        await batch.CreateAsync(2, request => request with { MaxRetries = 2 });
        for (var i = 0; i < 4; i++)
        {
            await batch.PassAsync(TimeSpan.FromMinutes(10));
        }

        var info = await batch.InfoAsync();
        (info.Status, info.Error).ShouldBe((BatchStatus.Failed, "provider_unavailable"));
        (await batch.ResultsAsync()).ShouldAllBe(result => result.ErrorCode == "provider_unavailable");
        batch.Provider.Refusals.Count.ShouldBe(7);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_batch_that_the_provider_refuses_fails_and_says_why(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Refusals.Enqueue((400, null));
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Failed);
        (await batch.ResultsAsync()).ShouldAllBe(result => result.ErrorCode == "provider_refused" && result.ErrorMessage!.Contains("not now"));
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI)]
    [InlineData(ProviderKind.Gemini)]
    public async Task A_batch_that_fails_at_the_provider_fails_here(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Provider.EndAll("failed");
        await batch.PassAsync();
        (await batch.InfoAsync()).Error.ShouldBe("provider_failed");
        (await batch.ResultsAsync()).ShouldAllBe(result => result.ErrorMessage == "the file is no good");
    }

    [Fact]
    public async Task A_provider_that_holds_the_batch_longer_than_its_time_is_told_to_cancel()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        await batch.PassAsync(TimeSpan.FromHours(26));
        batch.Provider.Batches[0].CancelAsked.ShouldBeTrue();
        batch.Provider.EndAll("cancelled", answered: 1);
        await batch.PassAsync();
        var info = await batch.InfoAsync();
        (info.Status, info.Error).ShouldBe((BatchStatus.Failed, "timed_out"));
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, "timed_out"]);
    }

    [Fact]
    public async Task Answers_without_keys_are_known_by_their_order()
    {
        await using var batch = new BatchFixture(ProviderKind.Gemini);
        batch.Provider.WithoutKeys = true;
        await batch.CreateAsync(5);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.ResultsAsync()).Select(result => result.Response!.Content).ShouldBe(Enumerable.Range(0, 5).Select(i => $"answer to {batch.Id}_{i}"));
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI)]
    [InlineData(ProviderKind.Anthropic)]
    public async Task Results_that_break_off_are_fetched_again_and_none_counts_twice(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(100);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        batch.Provider.BreakAfter = 60;
        await batch.PassAsync();
        (await batch.InfoAsync()).ItemsProcessed.ShouldBe(40, "what was committed before the break");
        await batch.PassAsync(TimeSpan.FromMinutes(2));
        var info = await batch.InfoAsync();
        (info.Status, info.Completed, info.InputTokens).ShouldBe((BatchStatus.Completed, 100, 100_000L));
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI, 1)]
    [InlineData(ProviderKind.Gemini, 1)]
    [InlineData(ProviderKind.Anthropic, 2)]
    public async Task A_submission_whose_answer_is_lost_is_found_again_where_the_provider_can_be_asked(ProviderKind kind, int batches)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Refusals.Enqueue((0, null));
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        await batch.PassAsync(TimeSpan.FromMinutes(2));
        batch.Provider.Batches.Count.ShouldBe(batches);
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.InfoAsync()).Completed.ShouldBe(2);
    }

    /// <summary>The store dies at each commit in turn, before or after it is written, and with it the process; another goes on.</summary>
    [Theory]
    [InlineData(ProviderKind.OpenAI, FaultPoint.BeforeWrite)]
    [InlineData(ProviderKind.OpenAI, FaultPoint.AfterWrite)]
    [InlineData(ProviderKind.Anthropic, FaultPoint.BeforeWrite)]
    [InlineData(ProviderKind.Anthropic, FaultPoint.AfterWrite)]
    [InlineData(ProviderKind.Gemini, FaultPoint.BeforeWrite)]
    [InlineData(ProviderKind.Gemini, FaultPoint.AfterWrite)]
    public async Task A_restart_in_any_state_goes_on_from_there(ProviderKind kind, FaultPoint point)
    {
        for (var commit = 1; ; commit++)
        {
            await using var batch = new BatchFixture(kind);
            batch.Provider.Line = (id, body) => id.EndsWith("_1", StringComparison.Ordinal) && !body.ToJsonString().Contains("tool result", StringComparison.Ordinal)
                ? new FakeLine(Tool: "look_up")
                : new FakeLine("answer to " + id);
            await batch.CreateAsync(4, request => request with { Tools = ["look_up"], BatchSize = 2 });
            batch.Store.CrashAt(commit, point);
            var crashed = false;
            for (var step = 0; step < 30 && !(await TryInfoAsync(batch) is { Status: BatchStatus.Completed }); step++)
            {
                try
                {
                    await batch.PassAsync(TimeSpan.FromMinutes(3));
                }
                catch (StorageException)
                {
                }

                if (batch.Store.IsCrashed)
                {
                    crashed = true;
                    batch.Store.Recover();
                    batch.Restart();
                }

                batch.Provider.EndAll();
            }

            var info = await batch.InfoAsync();
            info.Status.ShouldBe(BatchStatus.Completed, $"crash at commit {commit}");
            (info.Completed, info.Failed).ShouldBe((4, 0), $"crash at commit {commit}");
            info.InputTokens.ShouldBe(5_000, $"crash at commit {commit}");
            (await batch.ResultsAsync()).Select(result => result.Response!.Content).ShouldBe(Enumerable.Range(0, 4).Select(i => $"answer to {batch.Id}_{i}"));
            batch.Provider.Batches.Count.ShouldBeLessThanOrEqualTo(kind == ProviderKind.Anthropic ? 4 : 3, $"crash at commit {commit}");
            if (!crashed)
            {
                commit.ShouldBeGreaterThan(8);
                return;
            }
        }
    }

    [Fact]
    public async Task Two_processes_do_not_work_on_one_batch()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(3);
        using var gate = batch.Store.HoldCommits(commit => commit.Writes.Any(write => write.Id.StartsWith("p:", StringComparison.Ordinal)));
        var first = batch.WorkAsync();
        await gate.ArrivalAsync();
        await batch.Second().RunAsync(batch.Partition, CancellationToken.None);
        batch.Provider.Batches.ShouldBeEmpty();
        gate.Dispose();
        await first;
        batch.Provider.Batches.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_process_that_was_taken_for_dead_loses_at_its_next_commit()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(3);
        await batch.WorkAsync();
        batch.Provider.EndAll();

        // The first holds the lines' results and sleeps; its lease ends unrenewed, since its heartbeat is held up with it.
        batch.Time.Advance(batch.Options.PollInterval);
        using var gate = batch.Store.HoldCommits(commit => commit.Writes.Count > 3);
        var slow = batch.Second().RunAsync(batch.Partition, CancellationToken.None);
        await gate.ArrivalAsync();
        var (head, version) = await BatchLease.ReadAsync(batch.Store, batch.Partition, CancellationToken.None);
        await batch.Store.CommitAsync(new PartitionCommit
        {
            Partition = batch.Partition,
            Expected = version,
            Writes = [DocumentWrite.Put("h", BatchPartitions.Bytes(head! with { LeaseOwner = null, DueAt = null }, BatchJson.Default.BatchHead))],
        });
        var fast = batch.WorkAsync();
        await gate.ArrivalAsync();
        gate.ReleaseOne();
        await batch.PumpAsync(slow);
        gate.Dispose();
        await fast;
        var info = await batch.InfoAsync();
        (info.Status, info.Completed, info.InputTokens).ShouldBe((BatchStatus.Completed, 3, 3_000L));
    }

    [Fact]
    public async Task A_process_whose_lease_ended_while_it_uploaded_submits_nothing()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(3);
        var (came, goes) = (new TaskCompletionSource(), new TaskCompletionSource());
        batch.Provider.HeldUpload = (came, goes.Task);
        var start = batch.Time.GetUtcNow();
        var slow = batch.WorkAsync();
        await came.Task;

        // Two heartbeats fail, each six times over 12.4 s, before the lease is over; the third would come after it.
        var (beat, failing) = (batch.Options.Lease / 3, TimeSpan.FromSeconds(12.4));
        batch.Store.FailCommits(12);
        batch.Time.AdvanceTo(start + beat);
        await AsleepUntilAsync(start + beat + failing + beat);
        batch.Time.AdvanceTo(start + beat + failing + beat);
        await AsleepUntilAsync(start + (3 * beat) + (2 * failing));
        batch.Time.AdvanceTo(start + batch.Options.Lease + TimeSpan.FromSeconds(1));
        await batch.Second().RunAsync(batch.Partition, CancellationToken.None);
        batch.Provider.Batches.Count.ShouldBe(1);
        goes.SetResult();
        await slow;
        batch.Provider.Batches.Count.ShouldBe(1, "the other process has submitted it");

        async Task AsleepUntilAsync(DateTimeOffset next)
        {
            for (var patience = Environment.TickCount64 + 60_000; batch.Time.NextTimer != next;)
            {
                Environment.TickCount64.ShouldBeLessThan(patience, $"the heartbeat sleeps until {batch.Time.NextTimer}, not {next}");
                await Task.Delay(1);
            }
        }
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI)]
    [InlineData(ProviderKind.Anthropic)]
    public async Task A_line_of_results_without_an_end_is_passed_over(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Line = (id, _) => new FakeLine(id.EndsWith("_1", StringComparison.Ordinal) ? new string('x', 9 * 1024 * 1024) : "answer to " + id);
        await batch.CreateAsync(3);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, "missing", null]);
    }

    [Fact]
    public async Task An_answer_that_is_too_long_to_be_read_whole_ends_the_batch_when_its_time_is_over()
    {
        await using var batch = new BatchFixture(ProviderKind.Gemini);
        batch.Provider.Line = (_, _) => new FakeLine(new string('x', 40 * 1024 * 1024));
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        await batch.PassAsync();
        var info = await batch.InfoAsync();
        info.Status.ShouldBe(BatchStatus.Retry);
        info.Error!.ShouldContain("broke off");
        await batch.PassAsync(TimeSpan.FromHours(26));
        (await batch.InfoAsync()).Error.ShouldBe("provider_unavailable");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_the_provider_has_of_a_round_is_deleted_when_its_answers_are_stored(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.Line = (_, body) => body.ToJsonString().Contains("tool result", StringComparison.Ordinal) ? new FakeLine("done") : new FakeLine(Tool: "look_up");
        await batch.CreateAsync(2, request => request with { Tools = ["look_up"] });
        await batch.WorkAsync();
        batch.Provider.Deleted.ShouldBeEmpty();
        batch.Provider.EndAll();
        await batch.PassAsync();
        batch.Provider.Deleted.ShouldBe(Left(kind, batch.Provider.Batches[0]));
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Completed);
        batch.Provider.Deleted.ShouldBe([.. Left(kind, batch.Provider.Batches[0]), .. Left(kind, batch.Provider.Batches[1])]);
        (await batch.Store.GetAsync(batch.Remains, ["h"])).Documents.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_the_provider_does_not_delete_is_tried_again_also_after_the_batch_is_erased(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        batch.Provider.DeletionStatus = 503;
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Completed);
        await batch.Batches.DeleteAsync("acme", "ada", batch.Id);
        batch.Restart();
        (await DueAsync(TimeSpan.FromMinutes(61))).ShouldBeTrue();
        batch.Time.Advance(TimeSpan.FromMinutes(61));
        await batch.TidyAsync();
        batch.Provider.Deleted.ShouldBeEmpty();
        (await DueAsync(TimeSpan.FromMinutes(30))).ShouldBeFalse();
        (await DueAsync(TimeSpan.FromMinutes(61))).ShouldBeTrue();
        batch.Provider.DeletionStatus = 200;
        batch.Time.Advance(TimeSpan.FromMinutes(61));
        await batch.TidyAsync();
        batch.Provider.Deleted.ShouldBe(Left(kind, batch.Provider.Batches[0]));
        (await batch.Store.GetAsync(batch.Remains, ["h"])).Erased.ShouldBeTrue();

        async Task<bool> DueAsync(TimeSpan within) =>
            (await batch.Store.DueAsync(PartitionShard.Of(batch.Remains), batch.Time.GetUtcNow() + within, 10)).Any(due => due.Partition == batch.Remains && !due.Erased);
    }

    [Fact]
    public async Task What_is_not_there_any_more_needs_no_deleting()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        batch.Provider.DeletionStatus = 404;
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Provider.EndAll();
        await batch.PassAsync();
        (await batch.Store.GetAsync(batch.Remains, ["h"])).Documents.ShouldBeEmpty();
    }

    private static string[] Left(ProviderKind kind, FakeBatch batch) => kind switch
    {
        ProviderKind.OpenAI => ["/v1/files/file-in", "/v1/files/out-" + batch.Id[6..], "/v1/files/err-" + batch.Id[6..]],
        ProviderKind.Anthropic => ["/v1/messages/batches/" + batch.Id],
        _ => ["/v1beta/" + batch.Id],
    };

    private static async Task<BatchInfo?> TryInfoAsync(BatchFixture batch)
    {
        try
        {
            return await batch.InfoAsync();
        }
        catch (StorageException)
        {
            return null;
        }
    }
}
