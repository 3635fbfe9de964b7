using System.Text;
using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private const string Secret = "xylophone";

    [Fact]
    public async Task An_erased_user_is_gone_with_all_sessions_and_memories_and_the_receipt_says_what_went()
    {
        await LiveAsUserAsync();
        var erasure = await Memory.User().EraseAsync();
        (erasure.Status, erasure.UserId, erasure.Sessions, erasure.Messages).ShouldBe((UserErasureStatus.Completed, "ada", 2, 6L));
        erasure.SessionIds.Order().ShouldBe(["s1", "s2"]);
        erasure.Memories["fact"].ShouldBe(2);
        erasure.CompletedAt.ShouldNotBeNull();
        await Memory.RestartAsync();
        Told(await Memory.User().GetErasureAsync()).ShouldBe(Told(erasure));
        await NothingIsLeftAsync("ada", "s1", "s2");
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
        (await MemoriesAsync(Memory.User())).ShouldBeEmpty();
        (await Memory.User().RecallAsync(new RecallRequest { Query = Secret })).Hits.ShouldBeEmpty();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session().GetContextAsync());
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session("s2").GetContextAsync());
    }

    [Fact]
    public async Task A_user_who_is_being_erased_answers_nothing_but_how_far_it_is()
    {
        await LiveAsUserAsync();
        using var gate = Memory.Store.HoldDeletes();
        var erasing = Memory.User().EraseAsync();
        await gate.ArrivalAsync();
        var user = Memory.User();
        await Should.ThrowAsync<ErasedException>(() => user.ListSessionsAsync(new SessionQuery()));
        await Should.ThrowAsync<ErasedException>(() => user.RememberAsync(Remember(Fact("more"))));
        await Should.ThrowAsync<ErasedException>(() => user.RecallAsync(new RecallRequest { Query = Secret }));
        await Should.ThrowAsync<ErasedException>(() => user.GetMemoryAsync("m1"));
        await Should.ThrowAsync<ErasedException>(() => user.ListMemoriesAsync(new MemoryQuery()));
        await Should.ThrowAsync<ErasedException>(() => user.UpdateMemoryAsync("m1", new MemoryPatch { Content = "new" }));
        await Should.ThrowAsync<ErasedException>(() => user.DeleteMemoryAsync("m1"));
        await Should.ThrowAsync<ErasedException>(() => user.RestoreMemoryAsync("m1"));
        await Should.ThrowAsync<ErasedException>(() => user.GetHistoryAsync("m1"));
        await Should.ThrowAsync<ErasedException>(() => user.ForgetAsync(new ForgetRequest { All = true }));
        await Should.ThrowAsync<ErasedException>(() => user.GetStatsAsync());
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session("new").AppendAsync(Turn(1)));
        await Should.ThrowAsync<ErasedException>(() => Memory.Session("new").StartAsync(new StartSessionOptions()));
        var running = await user.GetErasureAsync();
        (running.Status, running.CompletedAt).ShouldBe((UserErasureStatus.Running, null));
        var again = user.EraseAsync();
        gate.Dispose();
        (await erasing).ErasureId.ShouldBe(running.ErasureId);
        (await again).ErasureId.ShouldBe(running.ErasureId);
        (await Memory.User().EraseAsync()).ErasureId.ShouldBe(running.ErasureId);
        (await Memory.User().GetErasureAsync()).Status.ShouldBe(UserErasureStatus.Completed);
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task An_erasure_of_a_user_that_was_cut_off_at_any_commit_is_finished_by_maintenance(FaultPoint point)
    {
        for (var crash = 1; crash <= 14; crash++)
        {
            var user = $"c-{crash}";
            await LiveAsUserAsync(user);
            Memory.Store.CrashAt(crash, point);
            var isMarked = await TryEraseAsync(user);
            Memory.Store.Recover();
            await Memory.RestartAsync();
            await FinishedByMaintenanceAsync(user, isMarked || crash > 1 || point == FaultPoint.AfterWrite, $"{point}, commit {crash}");
        }
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task An_erasure_of_a_user_whose_deletes_fail_is_finished_by_maintenance(FaultPoint point)
    {
        for (var deletes = 1; deletes <= 3; deletes++)
        {
            var user = $"d-{deletes}";
            await LiveAsUserAsync(user);
            Memory.Store.FailDeletes(deletes, point);
            await TryEraseAsync(user);
            for (var wake = 0; wake < deletes; wake++)
            {
                Memory.Time.Advance(TimeSpan.FromMinutes(2));
                await Memory.MaintainAsync();
            }

            Memory.Store.Recover();
            await FinishedByMaintenanceAsync(user, isMarked: true, $"{point}, {deletes} deletes");
        }
    }

    [Fact]
    public async Task After_an_erasure_a_late_append_is_refused_and_an_explicit_start_begins_a_life_that_knows_nothing_of_the_one_before()
    {
        await LiveAsUserAsync();
        await Memory.User().EraseAsync();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session().AppendAsync(Turn(9)));
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session("never-seen").AppendAsync(Turn(9)));
        await Memory.RestartAsync();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session("never-seen").AppendAsync(Turn(9)));
        var start = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1" });
        (start.Restored, start.Context.LastSequence).ShouldBe((false, 0L));
        await Memory.Session().AppendAsync(Turn(1));
        await Memory.Session("by-append").AppendAsync(Turn(2));
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.Select(s => s.SessionId).Order().ShouldBe(["by-append", "s1"]);
        await RememberAsync(Memory.User(), Fact("a new fact"));
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).ShouldHaveSingleItem().Content.ShouldBe("a new fact");
        (await Memory.User().RecallAsync(new RecallRequest { Query = Secret })).Hits.ShouldBeEmpty();
        (await Memory.User().RecallAsync(new RecallRequest { Query = "question" })).Hits.ShouldNotBeEmpty();
        var first = await Memory.User().GetErasureAsync();
        var second = await Memory.User().EraseAsync();
        second.ErasureId.ShouldNotBe(first.ErasureId);
        (second.Status, second.Sessions, second.Messages).ShouldBe((UserErasureStatus.Completed, 2, 4L));
        await NothingIsLeftAsync("ada", "s1", "by-append");
    }

    [Fact]
    public async Task Memories_begin_an_erased_user_anew()
    {
        await LiveAsUserAsync();
        await Memory.User().EraseAsync();
        await RememberAsync(Memory.User(), Fact("a new fact"));
        await Memory.Session("s9").AppendAsync(Turn(1));
        await Memory.RestartAsync();
        (await MemoriesAsync(Memory.User())).ShouldHaveSingleItem().Content.ShouldBe("a new fact");
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem().SessionId.ShouldBe("s9");
    }

    [Fact]
    public async Task A_session_that_the_erasure_did_not_hear_of_goes_when_it_is_heard_of()
    {
        await LiveAsUserAsync();

        // The user cannot take the notice: the session is acknowledged and not in the list.
        Memory.Store.FailCommits(100, FaultPoint.BeforeWrite, OfUser);
        await Memory.Session("unheard").AppendAsync(Append(User($"the {Secret} again")));
        Memory.Store.Recover();
        await Memory.RestartAsync();
        (await Memory.User().EraseAsync()).SessionIds.Order().ShouldBe(["s1", "s2"]);
        Memory.Time.Advance(TimeSpan.FromMinutes(2));
        await Memory.MaintainAsync();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session("unheard").GetContextAsync());
        await NothingIsLeftAsync("ada", "s1", "s2", "unheard");
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();

        // What comes late does not begin the user anew, and what begins anew is not hurt by it.
        await Memory.Session("s1").StartAsync(new StartSessionOptions());
        Memory.Time.Advance(TimeSpan.FromMinutes(2));
        await Memory.MaintainAsync();
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem().SessionId.ShouldBe("s1");
    }

    [Fact]
    public async Task Two_hosts_that_erase_one_user_at_the_same_time_agree()
    {
        await LiveAsUserAsync();
        var second = await Memory.OpenSecondAsync();
        var erasures = await Task.WhenAll(
            Task.Run(() => PatientAsync(() => Memory.User().EraseAsync())),
            Task.Run(() => PatientAsync(() => second.User(Memory.User().Key).EraseAsync())));
        for (var wake = 0; wake < 3; wake++)
        {
            Memory.Time.Advance(TimeSpan.FromMinutes(2));
            await Memory.MaintainAsync();
        }

        await Memory.RestartAsync();
        var last = await Memory.User().GetErasureAsync();
        last.Status.ShouldBe(UserErasureStatus.Completed);
        erasures.ShouldAllBe(e => e.ErasureId == last.ErasureId);
        await NothingIsLeftAsync("ada", "s1", "s2");
    }

    [Fact]
    public async Task An_erasure_leaves_other_users_and_tenants_alone()
    {
        await LiveAsUserAsync();
        await LiveAsUserAsync("bob");
        var stranger = Memory.Cluster.User(new UserKey("other", "ada"));
        await RememberAsync(stranger, Fact("elsewhere"));
        await Memory.Cluster.Session(new SessionKey("other", "ada", "s1")).AppendAsync(Turn(1));
        await Memory.User().EraseAsync();
        await Memory.RestartAsync();
        (await Memory.User("bob").ListSessionsAsync(new SessionQuery())).Sessions.Count.ShouldBe(2);
        (await Memory.User("bob").RecallAsync(new RecallRequest { Query = Secret })).Hits.ShouldNotBeEmpty();
        (await MemoriesAsync(Memory.Cluster.User(stranger.Key))).ShouldHaveSingleItem();
        (await Memory.Cluster.Session(new SessionKey("other", "ada", "s1")).GetInfoAsync()).TurnCount.ShouldBe(1);
        await Should.ThrowAsync<NotFoundException>(() => Memory.User("bob").GetErasureAsync());
    }

    [Fact]
    public async Task A_user_with_hundreds_of_sessions_is_erased_in_passes_between_which_others_are_served()
    {
        for (var i = 0; i < 300; i++)
        {
            await Memory.Session($"many-{i}").AppendAsync(Turn(1));
        }

        var erasing = PatientAsync(() => Memory.User().EraseAsync());
        await Memory.Session("other", "bob").AppendAsync(Turn(1));
        await erasing;
        for (var wake = 0; wake < 3; wake++)
        {
            Memory.Time.Advance(TimeSpan.FromMinutes(2));
            await Memory.MaintainAsync();
        }

        var erasure = await Memory.User().GetErasureAsync();
        (erasure.Status, erasure.Sessions, erasure.Messages, erasure.SessionIds.Count).ShouldBe((UserErasureStatus.Completed, 300, 600L, 300));
    }

    [Fact]
    public async Task A_user_nobody_has_heard_of_can_be_erased()
    {
        await Should.ThrowAsync<NotFoundException>(() => Memory.User("nobody").GetErasureAsync());
        var erasure = await Memory.User("nobody").EraseAsync();
        (erasure.Status, erasure.Sessions, erasure.Messages).ShouldBe((UserErasureStatus.Completed, 0, 0L));
    }

    /// <summary>An active and a completed session, memories, all with the secret word.</summary>
    private async Task LiveAsUserAsync(string user = "ada")
    {
        await Memory.Session("s1", user).AppendAsync(Append(User($"my {Secret} is out of tune"), Assistant($"sorry about the {Secret}")));
        await Memory.Session("s1", user).AppendAsync(Append(User($"who tunes a {Secret}?"), Assistant("a technician")));
        await Memory.Session("s2", user).AppendAsync(Append(User($"sold the {Secret}"), Assistant("good")));
        await Memory.Session("s2", user).EndAsync();
        await Memory.User(user).RememberAsync(Remember(Fact($"owns a {Secret}") with { Id = "m1" }, Fact($"plays the {Secret} badly") with { Id = "m2" }));
        await Memory.User(user).DeleteMemoryAsync("m2");
        (await Memory.User(user).RecallAsync(new RecallRequest { Query = Secret })).Hits.ShouldNotBeEmpty();
    }

    private async Task<bool> TryEraseAsync(string user)
    {
        try
        {
            await Memory.User(user).EraseAsync();
            return true;
        }
        catch (UnavailableException)
        {
            return false;
        }
    }

    private async Task FinishedByMaintenanceAsync(string user, bool isMarked, string name)
    {
        Memory.Time.Advance(TimeSpan.FromMinutes(2));
        await Memory.MaintainAsync();
        if (!isMarked)
        {
            await Should.ThrowAsync<NotFoundException>(() => Memory.User(user).GetErasureAsync(), name);
            (await Memory.Session("s1", user).GetInfoAsync()).TurnCount.ShouldBe(2);
            return;
        }

        var erasure = await Memory.User(user).GetErasureAsync();
        (erasure.Status, erasure.Sessions, erasure.Messages).ShouldBe((UserErasureStatus.Completed, 2, 6L), name);
        erasure.Memories["fact"].ShouldBe(2, name);
        await NothingIsLeftAsync(user, "s1", "s2");
    }

    /// <summary>Repeats what two hosts can take from each other for a moment.</summary>
    private static async Task<T> PatientAsync<T>(Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (UnavailableException) when (attempt < 20)
            {
            }
        }
    }

    private async Task NothingIsLeftAsync(string user, params string[] sessions)
    {
        foreach (var partition in sessions.Select(s => $"session/{MemoryFixture.Tenant}/{user}/{s}").Append($"user/{MemoryFixture.Tenant}/{user}"))
        {
            var page = await Memory.Store.Inner.ReadAsync(partition, new DocumentRange("0", "z"));
            (partition, page.Erased, page.Documents.Count).ShouldBe((partition, true, 0));
        }

        var receipt = await Memory.Store.Inner.ReadAsync($"receipt/{MemoryFixture.Tenant}/{user}", new DocumentRange("0", "z"));
        Encoding.UTF8.GetString(receipt.Documents.ShouldHaveSingleItem().Body.Span).ShouldNotContain(Secret);
        if (Memory.Store.Inner is not InMemoryPartitionStore store)
        {
            return;
        }

        foreach (var partition in store.Partitions.Where(p => p.Contains($"/{user}", StringComparison.Ordinal) && p.Contains(MemoryFixture.Tenant, StringComparison.Ordinal)))
        {
            var page = await store.ReadAsync(partition, new DocumentRange("0", "z"));
            page.Documents.Select(d => d.Id + Encoding.UTF8.GetString(d.Body.Span)).ShouldAllBe(text => !text.Contains(Secret));
        }
    }

    private static (string, UserErasureStatus, DateTimeOffset, DateTimeOffset?, int, long, string, string) Told(UserErasure erasure) => (
        erasure.ErasureId,
        erasure.Status,
        erasure.RequestedAt,
        erasure.CompletedAt,
        erasure.Sessions,
        erasure.Messages,
        string.Join(",", erasure.Memories.Select(m => $"{m.Key}={m.Value}")),
        string.Join(",", erasure.SessionIds));
}
