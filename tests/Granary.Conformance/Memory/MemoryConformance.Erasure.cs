using System.Text;
using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_deleted_session_is_gone_from_everywhere_and_a_late_retry_does_not_bring_it_back()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1, "k"));
        await session.DeleteAsync();
        await Should.ThrowAsync<ErasedException>(async () => await session.GetContextAsync());
        await Should.ThrowAsync<ErasedException>(async () => await session.AppendAsync(Turn(1, "k")));
        await Should.ThrowAsync<ErasedException>(async () => await session.AppendAsync(Turn(2)));
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
        await session.DeleteAsync();
        await Memory.RestartAsync();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session().AppendAsync(Turn(1, "k")));
        await Should.ThrowAsync<ErasedException>(() => Memory.Session().GetMessagesAsync(1, 10));
    }

    [Fact]
    public async Task Nothing_of_an_erased_session_stays_in_the_store_but_a_tombstone_and_a_hash()
    {
        var session = Memory.Session("very-secret-id");
        await session.AppendAsync(Append(User("the secret word"), Assistant("noted the secret word")));
        await session.CompactAsync(new CompactOptions { Force = true });
        await session.DeleteAsync();
        var page = await Memory.Store.Inner.ReadAsync("session/acme/ada/very-secret-id", new DocumentRange("0", "z"));
        (page.Erased, page.Documents.Count).ShouldBe((true, 0));
        var user = await Memory.Store.Inner.ReadAsync("user/acme/ada", new DocumentRange("0", "z"));
        user.Documents.Select(d => d.Id + Encoding.UTF8.GetString(d.Body.ToArray())).ShouldAllBe(text => !text.Contains("secret"));
    }

    [Fact]
    public async Task An_explicit_start_begins_anew_after_an_erasure_and_its_notices_count_from_the_beginning()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        await session.EndAsync();
        await session.DeleteAsync();
        var start = await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = "s1" });
        (start.Restored, start.Context.LastSequence).ShouldBe((false, 0L));
        (await session.AppendAsync(Turn(5))).FirstSequence.ShouldBe(1);
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem().Status.ShouldBe(SessionStatus.Active);
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task An_erasure_that_was_cut_off_anywhere_is_finished_by_maintenance(FaultPoint point)
    {
        for (var crash = 1; crash <= 4; crash++)
        {
            var id = $"e-{crash}";
            await Memory.Session(id).AppendAsync(Turn(1));
            await Memory.Session(id).StartAsync(new StartSessionOptions());
            if (crash <= 3)
            {
                Memory.Store.CrashAt(crash, point);
            }
            else
            {
                Memory.Store.FailDeletes(1, point);
            }

            var failed = false;
            try
            {
                await Memory.Session(id).DeleteAsync();
            }
            catch (UnavailableException)
            {
                failed = true;
            }

            Memory.Store.Recover();
            await Memory.RestartAsync();
            Memory.Time.Advance(TimeSpan.FromMinutes(2));
            await Memory.MaintainAsync();
            if (crash == 1 && point == FaultPoint.BeforeWrite)
            {
                failed.ShouldBeTrue();
                (await Memory.Session(id).GetInfoAsync()).TurnCount.ShouldBe(1);
                continue;
            }

            await Should.ThrowAsync<ErasedException>(async () => await Memory.Session(id).GetContextAsync());
            (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldNotContain(s => s.SessionId == id);
            (await Memory.Store.Inner.ReadAsync($"session/acme/ada/{id}", new DocumentRange("0", "z"))).Erased.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Concurrent_deletes_and_appends_end_with_nothing_and_a_new_start_survives()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var patient = new PatientSession(session);
        var deletes = Enumerable.Range(0, 5).Select(_ => Task.Run(() => patient.DeleteAsync()));
        var appends = Enumerable.Range(2, 20).Select(i => Task.Run(async () =>
        {
            try
            {
                await patient.AppendAsync(Turn(i));
            }
            catch (ErasedException)
            {
            }
        }));
        await Task.WhenAll(deletes.Concat(appends));
        await Should.ThrowAsync<ErasedException>(async () => await session.GetContextAsync());
        await session.StartAsync(new StartSessionOptions());
        await session.DeleteAsync();
        await Should.ThrowAsync<ErasedException>(async () => await session.GetContextAsync());
    }

    [Fact]
    public async Task A_tombstone_is_forgotten_after_thirty_days()
    {
        await Memory.Session().AppendAsync(Turn(1));
        await Memory.Session().DeleteAsync();
        Memory.Time.Advance(TimeSpan.FromDays(29));
        await Memory.MaintainAsync();
        await Memory.RestartAsync();
        await Should.ThrowAsync<ErasedException>(async () => await Memory.Session().AppendAsync(Turn(1)));
        Memory.Time.Advance(TimeSpan.FromDays(2));
        await Memory.MaintainAsync();
        await Memory.RestartAsync();
        (await Memory.Session().AppendAsync(Turn(1))).FirstSequence.ShouldBe(1);
    }

    [Fact]
    public async Task Delete_with_a_stale_etag_is_refused()
    {
        var first = await Memory.Session().AppendAsync(Turn(1));
        await Memory.Session().AppendAsync(Turn(2));
        await Should.ThrowAsync<PreconditionFailedException>(() => Memory.Session().DeleteAsync(first.ETag));
        (await Memory.Session().GetInfoAsync()).TurnCount.ShouldBe(2);
    }
}
