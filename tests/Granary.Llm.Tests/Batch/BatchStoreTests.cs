using Granary.Core.Storage;
using Granary.Llm.Batch;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Batch;

public sealed class BatchStoreTests
{
    [Fact]
    public async Task Batches_are_cut_into_parts_by_the_presets_size()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.CreateAsync(120, request => request with { Preset = BatchPreset.Quick });
        await batch.WorkAsync();
        batch.Provider.Batches.Select(b => b.Lines.Count).ShouldBe([50, 50, 20]);
        (await batch.InfoAsync()).Priority.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_of_which_a_line_breaks_a_rule_is_not_there_and_is_forgotten()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        var request = new BatchRequest { Tenant = "acme", User = "ada", Model = batch.Model };
        var refused = await Should.ThrowAsync<InvalidRequestException>(() => batch.Batches.CreateAsync(request, Twice()));
        refused.Field.ShouldBe("lines[60].custom_id");
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            (await batch.Store.DueAsync(shard, batch.Time.GetUtcNow() + TimeSpan.FromMinutes(50), 10)).ShouldBeEmpty();
        }

        batch.Time.Advance(TimeSpan.FromMinutes(61));
        var left = 0;
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            foreach (var due in await batch.Store.DueAsync(shard, batch.Time.GetUtcNow(), 10))
            {
                await new BatchMaintenance(batch.Store, null!, batch.Time).MaintainAsync(due.Partition, CancellationToken.None);
                (await batch.Store.GetAsync(due.Partition, ["h"])).Erased.ShouldBeTrue();
                left++;
            }
        }

        left.ShouldBe(1);

        static async IAsyncEnumerable<BatchInput> Twice()
        {
            await foreach (var line in BatchFixture.Questions(60))
            {
                yield return line with { CustomId = line.Request.Messages[0].Content.Replace(' ', '-') };
            }

            await foreach (var line in BatchFixture.Questions(1))
            {
                yield return line with { CustomId = "question-7" };
            }
        }
    }

    [Fact]
    public async Task A_batch_is_erased_when_its_time_is_over()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        batch.Time.Advance(TimeSpan.FromDays(29));
        await batch.MaintainAsync();
        (await batch.InfoAsync()).Status.ShouldBe(BatchStatus.Completed);
        batch.Time.Advance(TimeSpan.FromDays(2));
        await batch.MaintainAsync();
        await Should.ThrowAsync<NotFoundException>(batch.InfoAsync);
    }

    [Fact]
    public async Task Only_a_batch_that_is_over_can_be_erased()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(2);
        (await Should.ThrowAsync<ConflictException>(() => batch.Batches.DeleteAsync("acme", "ada", batch.Id))).Code.ShouldBe("unfinished");
        await batch.WorkAsync();
        await Should.ThrowAsync<NotFoundException>(() => batch.Batches.DeleteAsync("acme", "bob", batch.Id));
        await batch.Batches.DeleteAsync("acme", "ada", batch.Id);
        await Should.ThrowAsync<NotFoundException>(batch.InfoAsync);
    }

    [Fact]
    public async Task Maintenance_wakes_the_runner_and_the_runner_does_the_work()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(2);
        var runner = new BatchRunner(new BatchJobs(batch.Services, NullLogger<BatchJobs>.Instance), batch.Options, NullLogger<BatchRunner>.Instance);
        await runner.StartAsync(CancellationToken.None);
        batch.Models.Answer = _ => Task.FromResult(ScriptedModels.Text("fine"));
        using var gate = batch.Store.HoldCommits(commit => commit.Writes.Count == 1 && batch.Models.Asked == 2 && commit.DueAt > batch.Time.GetUtcNow().AddDays(1));
        await new BatchMaintenance(batch.Store, runner, batch.Time).MaintainAsync(batch.Partition, CancellationToken.None);
        await gate.ArrivalAsync();
        gate.Dispose();
        await runner.StopAsync(CancellationToken.None);
        (await batch.InfoAsync()).ItemsProcessed.ShouldBe(2);
    }

    [Theory]
    [InlineData("batch_size")]
    [InlineData("timeout_seconds")]
    [InlineData("priority")]
    [InlineData("tools")]
    [InlineData("model")]
    [InlineData("lines")]
    public async Task What_breaks_a_rule_is_refused_by_its_name(string field)
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        var request = new BatchRequest { Tenant = "acme", Model = batch.Model };
        request = field switch
        {
            "batch_size" => request with { BatchSize = 0 },
            "timeout_seconds" => request with { TimeoutSeconds = -1 },
            "priority" => request with { Priority = 6 },
            "tools" => request with { Tools = ["unheard_of"] },
            "model" => request with { Model = "unheard-of" },
            _ => request,
        };
        (await Should.ThrowAsync<InvalidRequestException>(() => batch.Batches.CreateAsync(request, BatchFixture.Questions(field == "lines" ? 0 : 2)))).Field.ShouldBe(field);
    }
}
