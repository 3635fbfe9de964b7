using Granary.Conformance.Stores;
using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Tests.Users;

public class RowsTests
{
    private static MemoryDraft Fact(string content) => new() { Content = content };

    [Fact]
    public async Task An_activation_reads_few_documents_however_many_records_there_are()
    {
        var bench = new RowsBench(new RecordLimits());
        for (var batch = 0; batch < 60; batch++)
        {
            await bench.Bench.RememberAsync([.. Enumerable.Range(batch * 100, 100).Select(i => Fact($"fact {i}"))]);
        }

        await bench.SettleAsync();
        await bench.RestartAsync();
        bench.Bench.Store.TakeCounts();
        var actor = await bench.Bench.ActorAsync();
        bench.Bench.Store.TakeCounts().Reads.ShouldBeLessThanOrEqualTo(6);
        (await actor.RecallAsync(new RecallRequest { Query = "fact 17" }, CancellationToken.None)).Hits[0].Content.ShouldBe("fact 17");

        // The pages, what was logged since, and the hits.
        bench.Bench.Store.TakeCounts().Reads.ShouldBeLessThanOrEqualTo(16);
        await bench.CheckAsync();
    }

    [Fact]
    public async Task A_partition_of_the_release_before_is_read_once_and_then_has_pages()
    {
        var bench = await FilledAsync();
        await bench.RewriteAsync(static document => document.Id[0] switch
        {
            't' or 'z' or 'p' => null,
            'u' => (UserHead.Decode(document.Body.Span) with { Layout = 0, Log = null }).Encode(),
            _ => document.Body,
        });
        await bench.Bench.ActorAsync();
        await bench.SettleAsync();
        (await bench.Bench.DocumentsAsync("t:")).Count.ShouldBe(10);
        (await bench.Bench.DocumentsAsync("p:")).Count.ShouldBe(10);
        await bench.CheckAsync();
    }

    [Theory]
    [InlineData("t:")]
    [InlineData("z:")]
    [InlineData("p:")]
    public async Task A_damaged_page_is_made_again(string prefix)
    {
        var bench = await FilledAsync();
        await bench.Bench.RememberAsync(Fact("saffron once more"), Fact("a second"), Fact("a third"), Fact("a fourth"), Fact("a fifth"));
        (await bench.Bench.DocumentsAsync(prefix)).ShouldNotBeEmpty();
        var damaged = 0;
        await bench.RewriteAsync(document => document.Id.StartsWith(prefix, StringComparison.Ordinal) && damaged++ == 0 ? document.Body.ToArray().AsMemory()[..^1] : document.Body);
        damaged.ShouldBeGreaterThan(0);
        await bench.CheckAsync();
        await bench.SettleAsync();
        await bench.CheckAsync();
    }

    [Fact]
    public async Task A_page_of_rows_and_one_of_postings_that_are_too_large_together_are_both_written()
    {
        var bench = new RowsBench(new RecordLimits());
        for (var from = 0; from < 512; from += 32)
        {
            await bench.Bench.RememberAsync([.. Enumerable.Range(from, 32).Select(i => Fact(string.Join(' ', Enumerable.Range(0, 120).Select(k => $"w{i}x{k}"))) with
            {
                Sources = [.. Enumerable.Range(0, 20).Select(k => new MemorySource($"session-{i}-{k}-".PadRight(128, 's')))],
            })]);
        }

        var actor = await bench.Bench.ActorAsync();
        await RowsBench.SealAsync(actor);
        actor.IsLost.ShouldBeFalse();
        var pages = (await bench.Bench.DocumentsAsync()).Where(document => document.Id[0] is 't' or 'p').ToList();
        pages.Count.ShouldBe(2);
        pages.Sum(page => page.Body.Length).ShouldBeGreaterThan(StorageLimits.MaxBytesPerCommit);
        (await bench.Bench.DocumentsAsync("z:")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_left_out_of_the_postings_and_holds_nothing_up()
    {
        var bench = new RowsBench(RowsBench.Small with { LoggedAtLeast = 10_000 });
        var known = await bench.Bench.RememberAsync(Fact("unmistakable words"), Fact("glacier"));
        var id = RecordDocumentIds.Record(known.Outcomes[0].Record.Id);
        await bench.RewriteAsync(document => document.Id == id ? document.Body[..^1] : document.Body);
        await RowsBench.SealAsync(await bench.Bench.ActorAsync());
        (await bench.Bench.DocumentsAsync("p:")).Count.ShouldBe(1);
        var derived = await bench.DerivedAsync();
        derived.ShouldContain("glacier");
        derived.ShouldNotContain("unmistak");
    }

    [Fact]
    public async Task Uses_of_records_are_logged_in_a_few_bytes()
    {
        var bench = await FilledAsync();
        var ids = (await bench.Bench.ListAsync()).Select(record => record.Id).Take(4).ToList();
        await bench.RestartAsync();
        var actor = await bench.Bench.ActorAsync();
        for (var i = 0; i < 50; i++)
        {
            await actor.TouchAsync(ids, CancellationToken.None);
        }

        // Four records, however often.
        (await bench.Bench.DocumentsAsync("z:")).ShouldBeEmpty();
        await bench.CheckAsync();
    }

    [Fact]
    public async Task Nothing_of_a_purged_record_is_left_in_what_was_derived_from_it()
    {
        var bench = await FilledAsync();
        var purged = (await bench.Bench.ListAsync()).First(record => record.Content.StartsWith("unmistakable", StringComparison.Ordinal));
        (await bench.DerivedAsync()).ShouldContain("unmistak");
        await (await bench.Bench.ActorAsync()).DeleteMemoryAsync(purged.Id, null, purge: true, CancellationToken.None);
        (await bench.DerivedAsync()).ShouldNotContain("unmistak");
        bench.Bench.Time.Advance(TimeSpan.FromSeconds(6));
        await bench.SettleAsync();
        RecordIds.TryParse(purged.Id, out var number, out _).ShouldBeTrue();
        (await bench.NumbersAsync()).ShouldNotContain(number);
        (await bench.Bench.DocumentsAsync("p:")).Count.ShouldBe(10, "the page that had its words has those of the others again");
        await bench.CheckAsync();
    }

    [Fact]
    public async Task A_removal_that_was_not_swept_is_swept_by_the_next_activation()
    {
        var bench = await FilledAsync();
        var purged = (await bench.Bench.ListAsync())[^1];
        await (await bench.Bench.ActorAsync()).DeleteMemoryAsync(purged.Id, null, purge: true, CancellationToken.None);
        await bench.RestartAsync();
        await bench.Bench.ActorAsync();
        bench.Bench.Time.Advance(TimeSpan.FromSeconds(6));
        await bench.SettleAsync();
        (await bench.NumbersAsync()).ShouldNotContain(1);
    }

    [Fact]
    public async Task Words_of_a_record_that_is_purged_while_pages_are_written_do_not_come_back()
    {
        for (var round = 0; round < 100; round++)
        {
            var bench = new RowsBench();
            var first = (await bench.Bench.RememberAsync(Fact("unmistakable"))).Outcomes[0].Record.Id;
            var actor = await bench.Bench.ActorAsync();
            var others = Task.Run(async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    await bench.Bench.RememberAsync(Fact($"other {i}"));
                }
            });
            for (var i = 0; i < round; i++)
            {
                await Task.Yield();
            }

            await actor.DeleteMemoryAsync(first, null, purge: true, CancellationToken.None);
            await others;
            await bench.SettleAsync(swept: false);
            (await bench.DerivedAsync()).ShouldNotContain("unmistak");
        }
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task Writing_pages_may_be_cut_off_at_any_commit(FaultPoint point)
    {
        var isCut = true;
        for (var commit = 1; isCut; commit++)
        {
            // Pages are written only where the test says so.
            var bench = new RowsBench(RowsBench.Small with { LoggedAtLeast = 10_000 });
            await bench.Bench.RememberAsync([.. Enumerable.Range(0, 8).Select(i => Fact($"glacier {i}"))]);
            var ids = (await bench.Bench.ListAsync()).Select(record => record.Id).ToList();
            var actor = await bench.Bench.ActorAsync();
            for (var change = 0; change < 170; change++)
            {
                // More documents of the log than one commit drops, and each record on many of them.
                await actor.UpdateMemoryAsync(ids[change % 7], new MemoryPatch { Category = $"category {change}" }, CancellationToken.None);
            }

            await actor.DeleteMemoryAsync(ids[7], null, purge: true, CancellationToken.None);
            (await bench.Bench.DocumentsAsync("z:")).Count.ShouldBeGreaterThan(StorageLimits.MaxDocumentsPerCommit);
            bench.Bench.Store.CrashAt(commit, point);
            isCut = false;
            try
            {
                await RowsBench.SealAsync(actor);
            }
            catch (Exception exception) when (exception is MemoryException or ActivationLostException)
            {
                isCut = true;
            }

            await bench.CheckAsync();
        }
    }

    [Fact]
    public async Task What_is_on_its_way_to_the_store_is_waited_for_before_its_part_of_the_log_goes()
    {
        var bench = new RowsBench(RowsBench.Small with { LoggedAtLeast = 10_000 });
        var actor = await bench.Bench.ActorAsync();
        await bench.Bench.RememberAsync(Fact("glacier 0"));
        Task remembering, sealing;
        using (var gate = bench.Bench.Store.HoldCommits())
        {
            remembering = bench.Bench.RememberAsync([.. Enumerable.Range(1, 10).Select(i => Fact($"glacier {i}"))]);
            await gate.ArrivalAsync();
            sealing = RowsBench.SealAsync(actor);
        }

        await remembering;
        await sealing;
        (await bench.Bench.DocumentsAsync("z:")).ShouldBeEmpty();
        await bench.CheckAsync();
    }

    [Fact]
    public async Task Postings_are_not_made_of_a_record_whose_removal_is_on_its_way()
    {
        var bench = await FilledAsync();
        var purged = (await bench.Bench.ListAsync()).First(record => record.Content.StartsWith("unmistakable", StringComparison.Ordinal));
        RecordIds.TryParse(purged.Id, out var number, out _).ShouldBeTrue();
        var actor = await bench.Bench.ActorAsync();

        // The page before it and its own are to be written.
        foreach (var record in await bench.Bench.ListAsync())
        {
            if (RecordIds.TryParse(record.Id, out var other, out _) && (other == 1 || (other != number && RowsBench.Small.PageOf(other) == RowsBench.Small.PageOf(number))))
            {
                await actor.UpdateMemoryAsync(record.Id, new MemoryPatch { Category = "other" }, CancellationToken.None);
            }
        }

        var first = bench.Bench.Store.HoldCommits(commit => commit.Writes.Any(write => write.Id == RecordDocumentIds.Rows(1)));
        var removal = bench.Bench.Store.HoldCommits(commit => commit.Writes.Any(write => write.Id == RecordDocumentIds.Record(purged.Id)));
        var sealing = RowsBench.SealAsync(actor);
        await first.ArrivalAsync();
        var purging = actor.DeleteMemoryAsync(purged.Id, null, purge: true, CancellationToken.None);
        bench.Bench.Store.TakeCounts();
        first.Dispose();
        await removal.ArrivalAsync();

        // Whoever does not wait reads now.
        SpinWait.SpinUntil(() => bench.Bench.Store.Counts.Reads > 1, TimeSpan.FromMilliseconds(200));
        removal.Dispose();
        await purging;
        await sealing;
        (await bench.DerivedAsync()).ShouldNotContain("unmistak");
        await bench.CheckAsync();
    }

    /// <summary>Forty records in pages of four, all of them written.</summary>
    private static async Task<RowsBench> FilledAsync()
    {
        var bench = new RowsBench();
        for (var i = 0; i < 40; i++)
        {
            await bench.Bench.RememberAsync(Fact(i == 17 ? "unmistakable words" : $"glacier number {i}"));
        }

        var actor = await bench.Bench.ActorAsync();
        await RowsBench.SealAsync(actor);
        await bench.SettleAsync();
        return bench;
    }
}
