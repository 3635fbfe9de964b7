using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static string PartitionOf(SessionKey key) => $"session/{key.Tenant}/{key.User}/{key.Session}";

    private static bool TakesNotice(PartitionCommit commit) =>
        OfSession(commit) && commit.Writes.Any(w => w.Kind == WriteKind.Delete && w.Id.StartsWith("o:", StringComparison.Ordinal));

    /// <summary>What another activation does that finishes an erasure.</summary>
    private async Task EraseElsewhereAsync(SessionKey key)
    {
        var page = await Memory.Store.Inner.GetAsync(PartitionOf(key), []);
        (await Memory.Store.Inner.DeleteAsync(PartitionOf(key), page.Version)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_late_erasure_does_not_take_the_session_that_was_begun_anew_meanwhile()
    {
        var key = Memory.Session().Key;
        await Memory.Session().AppendAsync(Turn(1));
        var gate = Memory.Store.HoldDeletes();
        var late = Memory.Session().DeleteAsync();
        await gate.ArrivalAsync();
        await EraseElsewhereAsync(key);
        var other = await Memory.OpenSecondAsync();
        await other.Session(key).StartAsync(new StartSessionOptions());
        await other.Session(key).AppendAsync(Turn(9));
        gate.Dispose();
        await late;
        (await HistoryAsync(Memory.Session())).Select(m => m.Content).ShouldBe(["question 9", "answer 9"]);
        (await HistoryAsync(other.Session(key))).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_erasure_that_another_activation_finished_is_a_success()
    {
        var key = Memory.Session().Key;
        await Memory.Session().AppendAsync(Turn(1));
        using var gate = Memory.Store.HoldCommits(TakesNotice);
        var erasure = Memory.Session().DeleteAsync();
        await gate.ArrivalAsync();
        await EraseElsewhereAsync(key);
        gate.Dispose();
        await erasure;
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session().GetContextAsync());
    }

    [Fact]
    public async Task A_start_whose_id_is_erased_by_another_activation_meanwhile_begins_anew()
    {
        var other = await Memory.OpenSecondAsync();
        var key = Memory.Session().Key;
        var commits = 0;
        var gate = Memory.Store.HoldCommits(c => OfSession(c) && Interlocked.Increment(ref commits) == 1);
        var start = Memory.Session().StartAsync(new StartSessionOptions());
        await gate.ArrivalAsync();
        await other.Session(key).AppendAsync(Turn(1));
        await other.Session(key).DeleteAsync();
        gate.Dispose();
        (await start).Restored.ShouldBeFalse();
        (await Memory.Session().AppendAsync(Turn(2))).FirstSequence.ShouldBe(1);
    }

    [Fact]
    public async Task A_start_that_created_the_session_says_so_even_if_the_activation_is_lost_before_it_answers()
    {
        Memory.Store.FailCommits(1, FaultPoint.BeforeWrite, TakesNotice);
        var started = await Memory.Session().StartAsync(new StartSessionOptions { Restore = false, SystemPrompt = "Be kind." });
        (started.Restored, started.Context.LastSequence).ShouldBe((false, 1L));
        (await Memory.Session().GetInfoAsync()).LastSequence.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_is_redacted_by_the_rules_of_the_session_that_takes_it_even_if_another_append_creates_it_meanwhile()
    {
        var tenants = Enumerable.Range(0, 20).Select(i => $"tenant{i}").ToList();
        foreach (var tenant in tenants)
        {
            await Memory.Cluster.Resources(tenant).PutAsync(new MemoryResource
            {
                Name = "strict",
                Privacy = new PrivacyPolicy { RedactPatterns = ["secret"] },
            });
            await Memory.Cluster.Resources(tenant).PutAsync(new MemoryResource { Name = "lenient" });
        }

        await Memory.RestartAsync();
        var gate = Memory.Store.HoldReads(p => p.StartsWith("resources/", StringComparison.Ordinal));
        var appends = tenants.SelectMany(tenant => new[] { "strict", "lenient" }.Select(resource => Task.Run(async () =>
            await Memory.Cluster.Session(new SessionKey(tenant, "ada", "s1")).AppendAsync(
                new AppendRequest { Messages = [User("a secret word")], Resource = resource })))).ToList();
        foreach (var _ in tenants)
        {
            await gate.ArrivalAsync();
        }

        gate.Dispose();
        await Task.WhenAll(appends);
        foreach (var tenant in tenants)
        {
            var session = Memory.Cluster.Session(new SessionKey(tenant, "ada", "s1"));
            var resource = (await session.GetInfoAsync()).Resource;
            (await HistoryAsync(session)).Select(m => m.Content.Contains("secret", StringComparison.Ordinal)).ShouldBe([resource != "strict", resource != "strict"], tenant);
        }
    }

    [Fact]
    public async Task A_turn_that_comes_while_an_unfinished_import_gives_way_is_not_lost()
    {
        var records = await ExportAsync(await RichSessionAsync());
        var target = Memory.Session("new");
        await target.ImportAsync(new SessionImportChunk { ImportId = "i1", Records = [.. records.Take(5)], First = true });
        var gate = Memory.Store.HoldCommits(c => c.Writes.Any(w => w.Kind == WriteKind.Delete && w.Id == "h"));
        var second = target.ImportAsync(new SessionImportChunk { ImportId = "i2", Records = [.. records.Take(5)], First = true });
        await gate.ArrivalAsync();
        var append = target.AppendAsync(Turn(1)).AsTask();
        await ArrivedAsync(target);
        gate.Dispose();
        (await append).FirstSequence.ShouldBe(1);
        (await Should.ThrowAsync<ConflictException>(() => second)).Code.ShouldBe(ErrorCodes.AlreadyExists);
        await Should.ThrowAsync<ConflictException>(() => target.ImportAsync(new SessionImportChunk { ImportId = "i2", Records = [records[5]] }));
        (await HistoryAsync(target)).Count.ShouldBe(2);
        await Memory.RestartAsync();
        (await HistoryAsync(Memory.Session("new"))).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Imports_of_one_session_at_once_leave_one_of_them_whole_or_nothing()
    {
        var source = await RichSessionAsync();
        var records = await ExportAsync(source);
        var history = (await HistoryAsync(source)).Select(Json).ToList();
        for (var round = 0; round < 10; round++)
        {
            var id = $"copy{round}";
            var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
            {
                try
                {
                    await ImportAsync(Memory.Session(id), records, chunk: 3 + i, import: $"i{i}");
                    return 1;
                }
                catch (Exception error) when (error is ConflictException or UnavailableException)
                {
                    // Unavailable: what the host before the restart still delivers may take a partition's version from under this one.
                    return 0;
                }
            })));
            taken.Sum().ShouldBeLessThanOrEqualTo(1);
            if (taken.Sum() == 0 && !await ExistsAsync(Memory.Session(id)))
            {
                await ImportAsync(Memory.Session(id), records, import: "last");
            }

            (await HistoryAsync(Memory.Session(id))).Select(Json).ShouldBe(history);
            await Memory.RestartAsync();
            (await Memory.Session(id).GetContextAsync()).Messages.Count.ShouldBe((await Memory.Cluster.Session(source.Key).GetContextAsync()).Messages.Count);
        }
    }

    [Fact]
    public async Task What_comes_right_after_an_import_finds_the_imported_session()
    {
        var source = await RichSessionAsync();
        await source.AppendAsync(Append(User("open"), Call("late")));
        var records = await ExportAsync(source);
        var target = Memory.Session("copy");
        using var gate = Memory.Store.HoldCommits(OfUser);
        var import = ImportAsync(target, records, chunk: 1000);
        await gate.ArrivalAsync();

        // The session is durable, its user does not know of it yet.
        var append = target.AppendAsync(Append(Result("late"))).AsTask();
        var messages = (await target.GetContextAsync()).Messages.Count;
        gate.Dispose();
        await import;
        (await append).FirstSequence.ShouldBe(38);
        messages.ShouldBeGreaterThanOrEqualTo((await source.GetContextAsync()).Messages.Count);
    }

    [Fact]
    public async Task Large_records_are_imported_in_commits_that_the_store_takes()
    {
        var source = Memory.Session("large");
        for (var i = 0; i < 3; i++)
        {
            await source.AppendAsync(Append([.. Enumerable.Range(0, 4).Select(n => User(new string((char)('a' + n), 230_000)))]));
        }

        var target = Memory.Session("copy");
        await ImportAsync(target, await ExportAsync(source), chunk: 100);
        (await HistoryAsync(target)).Select(Json).ShouldBe((await HistoryAsync(source)).Select(Json));
    }

    [Fact]
    public async Task An_import_cannot_make_a_session_that_cannot_be_loaded()
    {
        var records = await ExportAsync(await RichSessionAsync());
        var epoch = records.OfType<EpochRecord>().Last();
        var keyed = records.OfType<AppendRecord>().First(r => r.KeyHash is not null);
        var place = records.IndexOf(keyed);
        SessionRecord[][] broken =
        [
            [.. records.Select(r => r == epoch ? epoch with { Kept = [new KeptRecord(2, [2]), new KeptRecord(2, [2])] } : r)],
            [.. records.Select(r => r == epoch ? epoch with { Kept = [new KeptRecord(3, [3])] } : r)],
            [.. records.Select((r, i) => i == place + 1 ? ((AppendRecord)r) with { KeyHash = keyed.KeyHash, ContentHash = keyed.ContentHash } : r)],
            [.. records.Select(r => r is SessionHeaderRecord header ? header with { PreviousSessionId = new string('x', 5000) } : r)],
        ];
        for (var i = 0; i < broken.Length; i++)
        {
            await Should.ThrowAsync<InvalidRequestException>(() => ImportAsync(Memory.Session("broken"), broken[i], chunk: 1000, import: $"b{i}"), $"case {i}");
            await Should.ThrowAsync<NotFoundException>(async () => await Memory.Session("broken").GetContextAsync());
        }

        await ImportAsync(Memory.Session("broken"), records, import: "good");
    }

    [Fact]
    public async Task Times_at_the_end_of_the_calendar_do_not_break_retention()
    {
        await Memory.Cluster.Resources(MemoryFixture.Tenant).PutAsync(new MemoryResource
        {
            Name = "short",
            Retention = new RetentionPolicy { EraseAfterDays = 30, EndAfterIdleDays = 7 },
        });
        var source = Memory.Session("source");
        await source.AppendAsync(new AppendRequest { Messages = [User("x")], Resource = "short" });
        await source.EndAsync();
        var records = await ExportAsync(source);
        records[0] = (SessionHeaderRecord)records[0] with { EndTime = DateTimeOffset.MaxValue };
        await ImportAsync(Memory.Session("copy"), records);
        (await Memory.Session("copy").GetInfoAsync()).Status.ShouldBe(SessionStatus.Completed);
    }

    private static async Task<bool> ExistsAsync(ISessionMemory session)
    {
        try
        {
            await session.GetInfoAsync();
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }
}
