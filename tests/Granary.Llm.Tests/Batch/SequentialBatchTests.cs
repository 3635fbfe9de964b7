using System.Globalization;
using System.Text.Json;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Batch;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Providers;

namespace Granary.Llm.Tests.Batch;

public sealed class SequentialBatchTests
{
    [Fact]
    public async Task A_provider_without_a_batch_API_is_asked_call_by_call_a_few_at_a_time()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        batch.Models.Answer = async request =>
        {
            await Task.Delay(1);
            return ScriptedModels.Text("answer to " + request.Messages[^1].Content);
        };
        (await batch.CreateAsync(60)).BatchType.ShouldBe(BatchType.Sequential);
        await batch.WorkAsync();
        var info = await batch.InfoAsync();
        (info.Status, info.Completed).ShouldBe((BatchStatus.Completed, 60));
        (await batch.ResultsAsync()).Select(result => result.Response!.Content).ShouldBe(Enumerable.Range(0, 60).Select(i => $"answer to question {i}"));
        batch.Models.Most.ShouldBeInRange(1, batch.Options.MaxConcurrentCalls);
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI)]
    [InlineData(ProviderKind.Anthropic)]
    public async Task One_question_is_asked_at_once(ProviderKind kind)
    {
        await using var batch = new BatchFixture(kind);
        await batch.CreateAsync(1);
        await batch.WorkAsync();
        (await batch.InfoAsync()).BatchType.ShouldBe(BatchType.Sequential);
        (await batch.ResultsAsync()).ShouldHaveSingleItem().CustomId.ShouldBe(batch.Id + "_0");
        batch.Provider.Batches.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_busy_provider_is_asked_again_and_one_that_refuses_a_line_fails_that_line()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        var busy = 2;
        batch.Models.Answer = request => request.Messages[^1].Content switch
        {
            "question 0" when Interlocked.Decrement(ref busy) >= 0 => throw new ProviderException("mistral", "busy", 429, TimeSpan.FromSeconds(5)),
            "question 1" => throw new ProviderException("mistral", "no", 400),
            var text => Task.FromResult(ScriptedModels.Text(text)),
        };
        await batch.CreateAsync(3);
        await batch.WorkAsync();
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, "status_400", null]);
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Completed);
        batch.Models.Asked.ShouldBe(5);
    }

    [Fact]
    public async Task After_a_restart_only_what_was_not_answered_is_asked()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(30);
        batch.Store.CrashAt(10, FaultPoint.AfterWrite);
        await Should.ThrowAsync<StorageException>(batch.WorkAsync);
        batch.Store.Recover();
        batch.Restart();
        await batch.PassAsync(TimeSpan.FromMinutes(3));
        var info = await batch.InfoAsync();
        (info.Status, info.Completed, info.InputTokens).ShouldBe((BatchStatus.Completed, 30, 30_000L));
        batch.Models.Asked.ShouldBeLessThanOrEqualTo(30 + (2 * batch.Options.MaxConcurrentCalls));
    }

    [Fact]
    public async Task Tools_run_between_calls_and_their_rounds_survive_a_restart()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        batch.Models.Answer = request => Task.FromResult(request.Messages[^1].Role == MessageRole.Tool
            ? ScriptedModels.Text("done")
            : ScriptedModels.Text("") with { ToolCalls = [new ToolCall("c1", "look_up", JsonDocument.Parse("{}").RootElement), new ToolCall("c2", "unheard_of", JsonDocument.Parse("{}").RootElement)] });
        await batch.CreateAsync(1, request => request with { Tools = ["look_up"] });
        await batch.WorkAsync();
        var result = (await batch.ResultsAsync()).ShouldHaveSingleItem();
        (result.Response!.Content, result.Rounds, result.ErrorCode).ShouldBe(("done", 2, null));
        batch.ToolRuns.ShouldBe(1);
        var turn = BatchPartitions.Read((await batch.Store.GetAsync(batch.Partition, [BatchPartitions.Turn(0, 0)])).Documents[0], BatchJson.Default.BatchTurn);
        turn.Messages.Select(message => message.Role).ShouldBe([MessageRole.Assistant, MessageRole.Tool, MessageRole.Tool]);
        turn.Messages[2].Content.ShouldStartWith("Error: there is no function 'unheard_of'");
    }

    [Fact]
    public async Task A_cancelled_batch_asks_no_further_line()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        var id = "";
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        batch.Models.Answer = async request =>
        {
            var number = int.Parse(request.Messages[^1].Content["question ".Length..], CultureInfo.InvariantCulture);
            if (number == 5)
            {
                await batch.Batches.CancelAsync("acme", "ada", id);
                cancelled.SetResult();
            }
            else if (number > 5)
            {
                // Those that are asked beside it are answered when it is cancelled.
                await cancelled.Task;
            }

            return ScriptedModels.Text("fine");
        };
        id = (await batch.CreateAsync(80)).BatchId;
        await batch.WorkAsync();
        if ((await batch.InfoAsync()).Status == BatchStatus.Running)
        {
            // It came when the lines had been gone through.
            await batch.PassAsync();
        }

        var info = await batch.InfoAsync();
        info.Status.ShouldBe(BatchStatus.Cancelled);
        info.Completed.ShouldBeInRange(5, 20);
        (info.Completed + info.Failed).ShouldBe(80);
    }

    [Fact]
    public async Task What_is_not_answered_in_time_is_timed_out()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        batch.Models.Answer = request => request.Messages[^1].Content == "question 0"
            ? Task.FromResult(ScriptedModels.Text("fine"))
            : new TaskCompletionSource<ChatResponse>().Task;
        await batch.CreateAsync(3, request => request with { TimeoutSeconds = 20 });
        using var gate = batch.Store.HoldCommits(commit => commit.Writes.Any(write => write.Id == BatchPartitions.Result(0)));
        var work = batch.WorkAsync();
        await gate.ArrivalAsync();
        gate.Dispose();
        batch.Time.Advance(TimeSpan.FromSeconds(20));
        await work;
        (await batch.ResultsAsync()).Select(result => result.ErrorCode).ShouldBe([null, "timed_out", "timed_out"]);
    }

    [Fact]
    public async Task Rounds_of_tools_that_are_too_large_to_keep_end_their_line_once_under_its_id_and_are_counted()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        batch.Registry.Add(() => new string('\u4e16', 16_000), "tell_all", "Tells all.");
        var empty = JsonDocument.Parse("{}").RootElement;
        batch.Models.Answer = _ => Task.FromResult(ScriptedModels.Text("") with { ToolCalls = [.. Enumerable.Range(0, 10).Select(i => new ToolCall($"c{i}", "tell_all", empty))] });
        await batch.CreateAsync(2, request => request with { Tools = ["tell_all"] }, index => $"mine-{index}");
        await batch.WorkAsync();
        var results = await batch.ResultsAsync();
        results.Select(result => (result.CustomId, result.ErrorCode, result.Rounds)).ShouldBe([("mine-0", "tools_too_large", 1), ("mine-1", "tools_too_large", 1)]);
        batch.Models.Asked.ShouldBe(2, "a line that is over is not asked again");
        var info = await batch.InfoAsync();
        (info.Failed, info.InputTokens, info.OutputTokens).ShouldBe((2, 2_000L, 200L));
        batch.Audited.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_to_keep_is_counted()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        batch.Models.Answer = _ => Task.FromResult(ScriptedModels.Text(new string('x', 800_000)));
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        (await batch.ResultsAsync()).ShouldAllBe(result => result.ErrorCode == "answer_too_large" && result.Response == null);
        var info = await batch.InfoAsync();
        (info.Failed, info.InputTokens, info.OutputTokens).ShouldBe((2, 2_000L, 200L));
        (info.Cost + info.UnpricedAnswers).ShouldBeGreaterThan(0);
    }
}
