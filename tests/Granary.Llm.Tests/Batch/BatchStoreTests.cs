using Granary.Conformance.Stores;
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
    public async Task Batches_of_long_lines_are_cut_into_parts_by_their_bytes()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        await batch.Batches.CreateAsync(new BatchRequest { Tenant = "acme", User = "ada", Model = batch.Model }, LongAsync());
        var (heads, _) = await new BatchIndex(batch.Store, batch.Time).PageAsync("acme", "ada", null, 10, CancellationToken.None);
        (heads[0].Lines, heads[0].Parts).ShouldBe((20, 2));

        static async IAsyncEnumerable<BatchInput> LongAsync()
        {
            await foreach (var line in BatchFixture.Questions(20))
            {
                yield return line with { Request = line.Request with { Messages = [new ModelMessage { Role = MessageRole.User, Content = new string('x', 1_000_000) }] } };
            }
        }
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
    public async Task The_batches_of_an_erased_user_go_whatever_they_are_at_and_no_others()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(2, request => request with { User = "bob" });
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        await batch.CreateAsync(3);
        var eraser = new BatchEraser(batch.Store, () => batch.Services);
        (await eraser.EraseAsync(new UserKey("acme", "ada"), CancellationToken.None)).ShouldBe(2);
        (await eraser.EraseAsync(new UserKey("acme", "ada"), CancellationToken.None)).ShouldBe(0);
        (await batch.Batches.ListAsync("acme", "ada")).Batches.ShouldBeEmpty();
        (await batch.Batches.ListAsync("acme", "bob")).Batches.Count.ShouldBe(1);
        ((InMemoryPartitionStore)batch.Store.Inner).Partitions.ShouldAllBe(partition => !partition.Contains("/ada"));

        // Who begins anew has a list again.
        await batch.CreateAsync(1);
        (await batch.Batches.ListAsync("acme", "ada")).Batches.Count.ShouldBe(1);
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

    [Fact]
    public async Task A_key_that_comes_again_is_the_same_batch_and_with_other_content_a_conflict()
    {
        await using var batch = new BatchFixture(ProviderKind.OpenAI);
        var made = await batch.CreateAsync(30, Keyed);
        made.Repeated.ShouldBeFalse();
        var again = await batch.CreateAsync(30, Keyed);
        (again.BatchId, again.Repeated, again.QuestionsCount).ShouldBe((made.BatchId, true, 30));
        await batch.WorkAsync();
        (await batch.CreateAsync(30, Keyed)).Status.ShouldBe(BatchStatus.Running);
        (await Should.ThrowAsync<ConflictException>(() => batch.CreateAsync(29, Keyed))).Code.ShouldBe(ErrorCodes.KeyReused);
        (await Should.ThrowAsync<ConflictException>(() => batch.CreateAsync(30, request => Keyed(request) with { Priority = 1 }))).Code.ShouldBe(ErrorCodes.KeyReused);
        (await batch.CreateAsync(30, request => Keyed(request) with { IdempotencyKey = "k2" })).BatchId.ShouldNotBe(made.BatchId);
        var bob = await batch.Batches.CreateAsync(Keyed(new BatchRequest { Tenant = "acme", User = "bob", Model = batch.Model }), BatchFixture.Questions(2));
        bob.BatchId.ShouldNotBe(made.BatchId);
    }

    /// <summary>The store dies at each commit of the creation in turn; the caller sends the batch again.</summary>
    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task A_creation_that_broke_off_anywhere_is_repeated_safely_and_listed_once(FaultPoint point)
    {
        for (var commit = 1; ; commit++)
        {
            await using var batch = new BatchFixture(ProviderKind.OpenAI);
            batch.Store.CrashAt(commit, point);
            BatchInfo? first = null;
            try
            {
                first = await batch.CreateAsync(60, Keyed);
            }
            catch (StorageException)
            {
                batch.Store.Recover();
                batch.Time.Advance(TimeSpan.FromSeconds(5));
            }

            var second = await batch.CreateAsync(60, Keyed);
            if (first is not null)
            {
                first.BatchId.ShouldBe(second.BatchId);
                commit.ShouldBe(5, "two commits of lines, the list, the end");
                return;
            }

            await batch.WorkAsync();
            batch.Provider.Batches.Count.ShouldBe(1, $"crash at commit {commit}");
            batch.Provider.Batches[0].Lines.Count.ShouldBe(60);
            (await batch.Batches.ListAsync("acme", "ada")).Batches.Select(info => info.BatchId).ShouldBe([second.BatchId], $"crash at commit {commit}");
        }
    }

    [Fact]
    public async Task Batches_are_listed_by_their_user_the_newest_first()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, (await batch.CreateAsync(2)).BatchId);
            batch.Time.Advance(TimeSpan.FromSeconds(i % 2));
        }

        (await batch.Batches.ListAsync("acme", "bob")).Batches.ShouldBeEmpty();
        (await batch.Batches.ListAsync("acme", null)).Batches.ShouldBeEmpty();
        var all = new List<string>();
        string? after = null;
        do
        {
            var page = await batch.Batches.ListAsync("acme", "ada", after, 2);
            page.Batches.Count.ShouldBeInRange(1, 2);
            all.AddRange(page.Batches.Select(info => info.BatchId));
            after = page.Next;
        }
        while (after is not null);
        all.ShouldBe(ids, ignoreOrder: true);
        all[0].ShouldBe(ids[0]);
        all[^1].ShouldBeOneOf(ids[^1], ids[^2]);
        (await Should.ThrowAsync<InvalidRequestException>(() => batch.Batches.ListAsync("acme", "ada", "nonsense"))).Field.ShouldBe("after");
    }

    [Fact]
    public async Task A_batch_that_is_erased_is_listed_no_more_even_where_the_list_could_not_be_changed()
    {
        await using var batch = new BatchFixture(ProviderKind.Mistral);
        await batch.CreateAsync(2);
        await batch.WorkAsync();
        var kept = await batch.CreateAsync(2);
        var gone = (await batch.Batches.ListAsync("acme", "ada")).Batches.Single(info => info.BatchId != kept.BatchId);
        batch.Store.FailCommits(1, when: commit => commit.Partition.StartsWith("batchlist/", StringComparison.Ordinal));
        await batch.Batches.DeleteAsync("acme", "ada", gone.BatchId);
        (await batch.Batches.ListAsync("acme", "ada")).Batches.ShouldHaveSingleItem().BatchId.ShouldBe(kept.BatchId);
        (await EntriesAsync()).ShouldBe(2);
        batch.Time.Advance(TimeSpan.FromDays(2));
        await batch.Batches.ListAsync("acme", "ada");
        (await EntriesAsync()).ShouldBe(1, "what is listed without a batch is forgotten");

        async Task<int> EntriesAsync() => (await batch.Store.ReadAsync("batchlist/acme/ada", DocumentRange.Prefix("b:"))).Documents.Count;
    }

    private static BatchRequest Keyed(BatchRequest request) => request with { IdempotencyKey = "k1" };
}
