using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Storage;
using Granary.Providers.Chain;

namespace Granary.Providers.Tests.Chain;

public sealed class DeleteTests
{
    private static ChainOptions Once => new() { Strategy = FailoverStrategy.PriorityBased, Rules = ChainRules.Once() };

    [Fact]
    public async Task A_delete_goes_to_all_providers_also_to_those_that_are_not_in_use()
    {
        var harness = new ChainHarness(Once);
        foreach (var provider in harness.Providers)
        {
            await provider.Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = "tea", Id = "m1" });
        }

        await harness.Node.Registry.SwitchAsync("b", false, default);
        await harness.Node.Registry.FailOverAsync("a", default);
        var answer = await harness.Node.DeleteAsync("m1");
        (answer.Result, answer.Metadata.Provider, answer.Metadata.Attempts).ShouldBe((true, "a,b,c", 3));
        foreach (var provider in harness.Providers)
        {
            (await provider.KeptAsync()).ShouldBeEmpty();
        }

        (await harness.Node.DeleteAsync("m1")).Result.ShouldBeFalse();
    }

    [Fact]
    public async Task A_provider_whose_ids_have_another_form_does_not_have_the_memory()
    {
        var harness = new ChainHarness(Once);
        harness["a"].Mood = Mood.Fails;
        var id = (await harness.Node.RememberAsync("tea")).Result.Id;
        harness["a"].Mood = Mood.Refuses;
        (await harness.Node.GetAsync(id)).Result.Provider.ShouldBe("b");
        (await harness.Node.DeleteAsync(id)).Result.ShouldBeTrue();
        await Should.ThrowAsync<NotFoundException>(() => harness.Node.GetAsync(id));
    }

    [Fact]
    public async Task A_delete_that_could_not_reach_all_says_so_hides_the_memory_and_is_carried_out_later()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.RememberAsync("tea", id: "m1");
        await harness.Node.RememberAsync("coffee", id: "m2");
        harness["a"].Mood = Mood.Fails;
        var error = await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"));
        error.Code.ShouldBe(ErrorCodes.ProviderUnavailable);
        error.Message.ShouldBe(
            "Not all memory providers could delete: 'a' failed (It is down). It is done with 'b', 'c'. The rest is noted and goes on by itself.");
        error.RetryAfter.ShouldBe(PendingDeletes.RetryInterval);
        harness["a"].Mood = Mood.Well;

        // Nobody sees it any more, in no process.
        foreach (var node in new[] { harness.Node, harness.Open() })
        {
            await Should.ThrowAsync<NotFoundException>(() => node.GetAsync("m1"));
            (await node.RecallAsync("e")).Result.ShouldHaveSingleItem().Id.ShouldBe("m2");
            var page = (await node.ListAsync()).Result;
            (page.Memories.ShouldHaveSingleItem().Id, page.Total).ShouldBe(("m2", 1));
        }

        // Kept anew under the same id, it goes elsewhere: the delete that is to come must not take it.
        (await harness.Node.RememberAsync("tea", id: "m1")).Metadata.Provider.ShouldBe("b");
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldHaveSingleItem().Id.ShouldBe("m2");
        (await harness.Node.GetAsync("m1")).Result.Provider.ShouldBe("b");
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task An_open_delete_is_tried_again_until_it_is_done()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.RememberAsync("tea", id: "m1");
        harness["a"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"));
        for (var i = 0; i < 20; i++)
        {
            await harness.MaintainAsync();
        }

        (await harness["a"].KeptAsync()).ShouldHaveSingleItem();
        harness["a"].Mood = Mood.Well;
        harness.Time.Advance(TimeSpan.FromSeconds(300));
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldBeEmpty();
        (await harness.Node.DeleteAsync("m1")).Result.ShouldBeFalse();
    }

    [Fact]
    public async Task A_delete_that_cannot_be_noted_says_that_the_store_failed()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.RememberAsync("tea", id: "m1");
        harness["a"].Mood = Mood.Fails;
        harness.Store.FailCommits();
        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"))).Code.ShouldBe(ErrorCodes.StorageUnavailable);
    }

    [Fact]
    public async Task A_delete_at_a_provider_that_was_removed_is_given_up()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.Registry.RegisterAsync(new ProviderEntry { Name = "extra", ProviderType = "mock", ConnectionName = "spare" }, default);
        harness.Spare.Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"));
        await harness.Node.Registry.RemoveAsync("extra", default);
        await harness.MaintainAsync();
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task An_erasure_that_could_not_reach_all_keeps_that_provider_away_from_the_user_until_it_is_done()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.RememberAsync("tea");
        harness["a"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.Chain.EraseAsync(ChainHarness.Ada));
        harness["a"].Mood = Mood.Well;
        (await harness.Node.ListAsync()).Result.Memories.ShouldBeEmpty();
        (await harness.Node.RememberAsync("coffee")).Metadata.Provider.ShouldBe("b");
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldBeEmpty();
        (await harness["b"].KeptAsync()).ShouldHaveSingleItem().Content.ShouldBe("coffee");
        (await harness.Node.RememberAsync("juice")).Metadata.Provider.ShouldBe("a");
    }

    [Fact]
    public async Task A_users_erasure_is_over_only_when_all_providers_have_erased()
    {
        var harness = new ChainHarness(Once);
        foreach (var provider in harness.Providers)
        {
            await provider.Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = "tea" });
        }

        harness["b"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"));
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.Eraser.EraseAsync(ChainHarness.Ada, default));
        harness["b"].Mood = Mood.Well;
        (await harness.Node.Eraser.EraseAsync(ChainHarness.Ada, default)).ShouldBe(1);
        foreach (var provider in harness.Providers)
        {
            (await provider.KeptAsync()).ShouldBeEmpty();
        }

        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task Many_open_deletes_of_a_user_are_carried_out_in_several_commits()
    {
        var harness = new ChainHarness(Once, providers: 1);
        harness["a"].Mood = Mood.Fails;
        const int Many = 2 * StorageLimits.MaxDocumentsPerCommit;
        for (var i = 0; i < Many; i++)
        {
            await harness["a"].Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = $"tea {i}", Id = $"m{i}" });
            await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync($"m{i}"));
        }

        harness.Time.Advance(TimeSpan.FromSeconds(300));
        harness["a"].Mood = Mood.Well;
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldBeEmpty();
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task A_memory_that_is_kept_anew_while_its_delete_is_open_is_not_lost_with_it()
    {
        var harness = new ChainHarness(Once);
        var old = (await harness.Node.RememberAsync("tea")).Result.Id;
        harness["a"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync(old));
        harness["a"].Mood = Mood.Well;
        var answer = (await harness.Node.RememberAsync("tea")).Result;
        (answer.Provider, answer.Duplicate).ShouldBe(("a", false));
        answer.Id.ShouldNotBe(old);
        await harness.MaintainAsync();
        (await harness.Node.GetAsync(answer.Id)).Result.Content.ShouldBe("tea");
        (await harness["a"].KeptAsync()).ShouldHaveSingleItem().Id.ShouldBe(answer.Id);
    }

    [Fact]
    public async Task A_user_may_have_only_so_many_open_deletes_and_is_told_when_one_is_not_noted()
    {
        var harness = new ChainHarness(Once, providers: 1);
        harness["a"].Mood = Mood.Fails;
        for (var i = 0; i < PendingDeletes.MaxOpen; i++)
        {
            await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync($"m{i}"));
        }

        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("more"))).Message.ShouldContain("The rest is not noted");
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Holds("a", "more").ShouldBeFalse();

        // One that is noted already may be asked for again, and an erasure always.
        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m7"))).Message.ShouldContain("The rest is noted");
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.Chain.EraseAsync(ChainHarness.Ada));
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).HoldsAll("a").ShouldBeTrue();
        harness["a"].Mood = Mood.Well;
        harness.Time.Advance(TimeSpan.FromSeconds(300));
        await harness.MaintainAsync();
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task Open_deletes_that_are_refused_are_kept_and_hold_no_other_up()
    {
        var harness = new ChainHarness(Once);
        harness["a"].Mood = Mood.Fails;
        string[] refused = ["m0", "m1", "m2", "m3"];
        foreach (var id in (string[])[.. refused, "m4", "m5", "m6", "m7"])
        {
            await harness["a"].Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = id, Id = id });
            await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync(id));
        }

        harness["a"].Mood = Mood.Well;
        harness["a"].Refusal = id => refused.Contains(id) ? new ConflictException(ErrorCodes.AlreadyExists, "No.") : null;
        harness.Time.Advance(TimeSpan.FromSeconds(300));
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).Select(memory => memory.Id).ShouldBe(refused, ignoreOrder: true);
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Holds("a", "m2").ShouldBeTrue();
        harness["a"].Refusal = null;
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldBeEmpty();
        (await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default)).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task Work_that_is_cut_off_keeps_what_it_did_and_starves_none()
    {
        var harness = new ChainHarness(Once, providers: 1);
        harness["a"].Mood = Mood.Fails;
        for (var i = 0; i < 12; i++)
        {
            await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync($"m{i}"));
        }

        // Two of three are refused, and there is time for four at once only.
        var partition = PendingDeletes.PartitionOf(ChainHarness.Ada);
        var done = new HashSet<string>();
        for (var round = 0; round < 1_000 && done.Count < 4; round++)
        {
            using var end = new CancellationTokenSource();
            var calls = 0;
            await Should.ThrowAsync<OperationCanceledException>(() => harness.Node.Pending.WorkAsync(
                partition,
                delete =>
                {
                    if (++calls == 4)
                    {
                        end.Cancel();
                    }

                    var refused = int.Parse(delete.MemoryId![1..], CultureInfo.InvariantCulture) % 3 != 0;
                    (refused || done.Add(delete.MemoryId)).ShouldBeTrue("It was done before.");
                    return Task.FromResult(refused ? DeleteOutcome.Refused : DeleteOutcome.Done);
                },
                end.Token));
        }

        done.ShouldBe(["m0", "m3", "m6", "m9"], ignoreOrder: true);
        var open = await harness.Node.Pending.ReadAsync(ChainHarness.Ada, default);
        (open.Holds("a", "m0"), open.Holds("a", "m1")).ShouldBe((false, true));
    }

    [Fact]
    public async Task A_refusal_of_one_provider_does_not_keep_the_delete_from_another_that_is_down()
    {
        var harness = new ChainHarness(Once);
        await harness["b"].Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = "tea", Id = "m1" });
        harness["a"].Refusal = _ => new InvalidRequestException("request", "was refused (HTTP 402)");
        harness["b"].Mood = Mood.Fails;
        (await Should.ThrowAsync<InvalidRequestException>(() => harness.Node.DeleteAsync("m1"))).Field.ShouldBe("request");
        harness["b"].Mood = Mood.Well;
        await harness.MaintainAsync();
        (await harness["b"].KeptAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_delete_at_a_provider_of_the_settings_waits_for_a_process_that_knows_it()
    {
        var harness = new ChainHarness(Once);
        await harness.Node.RememberAsync("tea", id: "m1");
        harness["a"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m1"));
        harness["a"].Mood = Mood.Well;
        harness.Time.Advance(PendingDeletes.RetryInterval);
        var older = harness.Open(without: "a");
        await older.Maintenance.MaintainAsync(PendingDeletes.PartitionOf(ChainHarness.Ada), default);
        (await harness["a"].KeptAsync()).ShouldHaveSingleItem();
        await harness.MaintainAsync();
        (await harness["a"].KeptAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_says_how_far_it_goes_also_where_it_leaves_out_what_is_to_be_deleted()
    {
        var harness = new ChainHarness(Once, providers: 1);
        for (var i = 0; i < 5; i++)
        {
            await harness.Node.RememberAsync($"tea {i}", id: $"m{i}");
        }

        harness["a"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.DeleteAsync("m4"));
        harness["a"].Mood = Mood.Well;
        var page = (await harness.Node.Chain.ListAsync(ChainHarness.Ada, 2)).Result;
        (page.Memories.ShouldHaveSingleItem().Id, page.Total, page.Covered).ShouldBe(("m3", 4, 2));
        var next = (await harness.Node.Chain.ListAsync(ChainHarness.Ada, 2, page.Covered)).Result;
        (next.Memories[0].Id, next.Covered).ShouldBe(("m2", 2));
    }

    /// <summary>
    /// Whatever fails when: what was acknowledged is found as long as it is not deleted, what a delete was asked for is answered by nobody, and when
    /// all are well again nothing of it is left anywhere.
    /// </summary>
    [Fact]
    public void Any_failures_lose_no_memory_and_leave_no_deleted_one() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60),
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => RunAsync(seed).GetAwaiter().GetResult()));

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.WithoutPauses() });
        Mood[] moods = [Mood.Well, Mood.Well, Mood.Fails, Mood.FailsAfter, Mood.Breaks];
        ChainNode[] nodes = [harness.Node, harness.Open()];
        var kept = new Dictionary<string, string>();
        var deleted = new HashSet<string>();
        for (var step = 0; step < 60; step++)
        {
            var node = nodes[random.Next(nodes.Length)];
            switch (random.Next(10))
            {
                case 0:
                    var provider = harness.Providers[random.Next(3)];
                    var mood = moods[random.Next(moods.Length)];
                    var often = random.Next(1, 5);
                    provider.Next = () => random.Next(often) == 0 ? mood : Mood.Well;
                    break;
                case 1:
                    harness.Time.Advance(TimeSpan.FromSeconds(random.Next(400)));
                    await node.Watch.WatchOnceAsync(default);
                    break;
                case 2:
                    await harness.MaintainAsync();
                    break;
                case < 7:
                    try
                    {
                        // Some say the same, also what is deleted or just being deleted.
                        var memory = (await node.RememberAsync($"tea {random.Next(4)}")).Result;
                        kept[memory.Id] = memory.Content;
                        deleted.ShouldNotContain(memory.Id);
                    }
                    catch (UnavailableException)
                    {
                    }

                    break;
                default:
                    if (kept.Count > 0)
                    {
                        var id = kept.Keys.ElementAt(random.Next(kept.Count));
                        kept.Remove(id);
                        deleted.Add(id);
                        try
                        {
                            await node.DeleteAsync(id);
                        }
                        catch (UnavailableException)
                        {
                        }
                    }

                    break;
            }

            await LookAsync(node, kept, deleted, random);
        }

        foreach (var provider in harness.Providers)
        {
            provider.Mood = Mood.Well;
        }

        harness.Time.Advance(TimeSpan.FromSeconds(600));
        await harness.MaintainAsync();
        var everywhere = new List<ProviderMemory>();
        foreach (var provider in harness.Providers)
        {
            everywhere.AddRange(await provider.KeptAsync());
        }

        everywhere.ShouldNotContain(memory => deleted.Contains(memory.Id));
        foreach (var (id, content) in kept)
        {
            (await nodes[0].GetAsync(id)).Result.Content.ShouldBe(content);
            everywhere.ShouldContain(memory => memory.Id == id && memory.Content == content);
        }
    }

    private static async Task LookAsync(ChainNode node, Dictionary<string, string> kept, HashSet<string> deleted, Random random)
    {
        try
        {
            if (kept.Count > 0)
            {
                var (id, content) = kept.ElementAt(random.Next(kept.Count));
                (await node.GetAsync(id)).Result.Content.ShouldBe(content);
            }

            if (deleted.Count > 0)
            {
                await Should.ThrowAsync<NotFoundException>(async () =>
                {
                    try
                    {
                        await node.GetAsync(deleted.ElementAt(random.Next(deleted.Count)));
                    }
                    catch (UnavailableException)
                    {
                        throw new NotFoundException("It cannot be said, which is right too.");
                    }
                });
            }

            (await node.ListAsync()).Result.Memories.ShouldNotContain(memory => deleted.Contains(memory.Id));
            (await node.RecallAsync("tea")).Result.ShouldNotContain(memory => deleted.Contains(memory.Id));
        }
        catch (UnavailableException)
        {
        }
    }
}
