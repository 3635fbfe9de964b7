using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static bool OfSession(PartitionCommit commit) => commit.Partition.StartsWith("session/", StringComparison.Ordinal);

    private static bool OfUser(PartitionCommit commit) => commit.Partition.StartsWith("user/", StringComparison.Ordinal);

    [Fact]
    public async Task Concurrent_appends_are_all_stored_once_and_share_commits()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(0));
        var gate = Memory.Store.HoldCommits(OfSession);
        var first = session.AppendAsync(Turn(1)).AsTask();
        await gate.ArrivalAsync();
        var rest = Enumerable.Range(2, 99).Select(i => Task.Run(async () => await session.AppendAsync(Turn(i)))).ToList();
        Memory.Store.TakeCounts();
        gate.Dispose();
        var results = await Task.WhenAll(rest.Append(first));
        results.Select(r => r.FirstSequence).Order().ShouldBe(Enumerable.Range(1, 100).Select(i => (2L * i) + 1));
        var history = await HistoryAsync(session);
        history.Select(m => m.Sequence).ShouldBe(Enumerable.Range(1, 202).Select(i => (long)i));
        history.Chunk(2).ShouldAllBe(turn => turn[0].Content.Replace("question", "answer") == turn[1].Content);
    }

    [Fact]
    public async Task Reads_see_only_what_is_durable()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        using var gate = Memory.Store.HoldCommits(OfSession);
        var pending = session.AppendAsync(Turn(2)).AsTask();
        await gate.ArrivalAsync();
        (await session.GetContextAsync()).LastSequence.ShouldBe(2);
        (await session.GetMessagesAsync(1, 100)).Messages.Count.ShouldBe(2);
        (await session.GetInfoAsync()).TurnCount.ShouldBe(1);
        gate.ReleaseOne();
        await pending;
        (await session.GetContextAsync()).LastSequence.ShouldBe(4);
    }

    [Fact]
    public async Task When_a_commit_fails_all_queued_behind_it_fail_and_the_next_call_works_on_what_is_stored()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1));
        var gate = Memory.Store.HoldCommits(OfSession);
        var first = session.AppendAsync(Turn(2, "k2")).AsTask();
        await gate.ArrivalAsync();
        var behind = session.AppendAsync(Turn(3, "k3")).AsTask();
        await ArrivedAsync(session);
        gate.FailOne();
        gate.Dispose();
        await Should.ThrowAsync<UnavailableException>(() => first);
        await Should.ThrowAsync<UnavailableException>(() => behind);
        (await session.AppendAsync(Turn(3, "k3"))).FirstSequence.ShouldBe(3);
        (await session.AppendAsync(Turn(2, "k2"))).FirstSequence.ShouldBe(5);
        (await HistoryAsync(session)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task Two_activations_of_one_session_lose_and_double_nothing()
    {
        var other = await Memory.OpenSecondAsync();
        var key = Memory.Session().Key;
        await Memory.Cluster.Session(key).AppendAsync(Turn(0));
        var expected = new List<string> { "question 0" };
        for (var i = 1; i <= 40; i++)
        {
            var cluster = i % 3 == 0 ? other : Memory.Cluster;
            await new PatientSession(cluster.Session(key)).AppendAsync(Turn(i, $"k{i}"));
            expected.Add($"question {i}");
        }

        (await HistoryAsync(Memory.Cluster.Session(key))).Where(m => m.Role == MessageRole.User).Select(m => m.Content).ShouldBe(expected);
        await Parallel.ForEachAsync(Enumerable.Range(41, 60), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var cluster = i % 2 == 0 ? other : Memory.Cluster;
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await cluster.Session(key).AppendAsync(Turn(i, $"k{i}"));
                    return;
                }
                catch (UnavailableException) when (attempt < 100)
                {
                    // The version was lost twice: the caller repeats with the same key.
                }
            }
        });
        await Memory.RestartAsync();
        var questions = (await HistoryAsync(Memory.Cluster.Session(key))).Where(m => m.Role == MessageRole.User).Select(m => m.Content).ToList();
        questions.Order().ShouldBe(Enumerable.Range(0, 101).Select(i => $"question {i}").Order());
    }

    [Fact]
    public async Task A_stale_activation_never_answers_an_append_that_it_did_not_store()
    {
        var other = await Memory.OpenSecondAsync();
        var key = Memory.Session().Key;
        await Memory.Cluster.Session(key).AppendAsync(Turn(1));
        await other.Session(key).AppendAsync(Turn(2));
        (await Memory.Cluster.Session(key).AppendAsync(Turn(3))).FirstSequence.ShouldBe(5);
    }

    [Fact]
    public async Task A_crash_at_any_commit_of_a_session_s_life_leaves_what_was_acknowledged_and_each_notice_once()
    {
        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            for (var crash = 1; crash <= 14; crash++)
            {
                var id = $"s-{point}-{crash}";
                var acknowledged = new List<string>();
                var ended = false;
                Memory.Store.CrashAt(crash, point);
                try
                {
                    await Memory.Cluster.StartSessionAsync(Memory.User().Key, new StartSessionOptions { SessionId = id });
                    for (var turn = 1; turn <= 5; turn++)
                    {
                        await Memory.Session(id).AppendAsync(Turn(turn, $"k{turn}"));
                        acknowledged.Add($"question {turn}");
                    }

                    await Memory.Session(id).CompactAsync(new CompactOptions { Force = true });
                    await Memory.Session(id).EndAsync();
                    ended = true;
                }
                catch (UnavailableException)
                {
                }

                Memory.Store.Recover();
                await Memory.RestartAsync();
                Memory.Time.Advance(TimeSpan.FromMinutes(2));
                await Memory.MaintainAsync();
                var session = Memory.Session(id);
                if (!ended)
                {
                    for (var turn = 1; turn <= 5; turn++)
                    {
                        try
                        {
                            await session.AppendAsync(Turn(turn, $"k{turn}"));
                        }
                        catch (ConflictException conflict) when (conflict.Code == ErrorCodes.Completed)
                        {
                        }
                    }
                }

                var name = $"{point}, commit {crash}";
                (await HistoryAsync(session)).Where(m => m.Role == MessageRole.User).Select(m => m.Content)
                    .ShouldBe(Enumerable.Range(1, 5).Select(t => $"question {t}"), name);
                await session.EndAsync();
                var listed = (await Memory.User().ListSessionsAsync(new SessionQuery { Limit = 1000 })).Sessions.Single(s => s.SessionId == id);
                (listed.Status, listed.TurnCount).ShouldBe((SessionStatus.Completed, 5), name);
                await Memory.MaintainAsync();
                await OutboxIsEmptyAsync(session.Key, name);
            }
        }
    }

    [Fact]
    public async Task A_notice_that_the_user_could_not_take_is_delivered_by_maintenance()
    {
        Memory.Store.FailCommits(50, FaultPoint.BeforeWrite, OfUser);
        await Memory.Session().AppendAsync(Turn(1));
        await Memory.Session().StartAsync(new StartSessionOptions());
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
        Memory.Store.Recover();
        await Memory.RestartAsync();
        Memory.Time.Advance(TimeSpan.FromMinutes(1));
        await Memory.MaintainAsync();
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        await OutboxIsEmptyAsync(Memory.Session().Key, "after maintenance");
    }

    [Fact]
    public async Task A_store_that_is_down_is_told_as_unavailable_and_the_memory_recovers_by_itself()
    {
        await Memory.Session().AppendAsync(Turn(1));
        Memory.Store.Crash();
        await Should.ThrowAsync<UnavailableException>(async () => await Memory.Session().AppendAsync(Turn(2, "k")));
        await Should.ThrowAsync<UnavailableException>(async () => await Memory.Session("cold").GetContextAsync());
        (await Memory.Cluster.GetHealthAsync()).Status.ShouldBe("unhealthy");
        Memory.Store.Recover();
        await Memory.Session().AppendAsync(Turn(2, "k"));
        (await Memory.Cluster.GetHealthAsync()).Status.ShouldBe("healthy");
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(4);
    }

    private async Task OutboxIsEmptyAsync(SessionKey key, string name)
    {
        var page = await Memory.Store.Inner.ReadAsync($"session/{key.Tenant}/{key.User}/{key.Session}", DocumentRange.Prefix("o:"));
        page.Documents.ShouldBeEmpty(name);
    }
}
