using Granary.Core.Storage;

namespace Granary.Embedded.Tests;

public sealed class ActivationTests
{
    private static readonly SessionKey Key = KeyOf(1);

    private static SessionKey KeyOf(int number) => new("acme", "ada", $"s{number}");

    private static AppendRequest Turn(string text) => new() { Messages = [new Message { Role = MessageRole.User, Content = text }] };

    private static bool OfSession(PartitionCommit commit) => commit.Partition.StartsWith("session/", StringComparison.Ordinal);

    private static async Task FillAsync(EmbeddedFixture memory, int sessions)
    {
        for (var i = 1; i <= sessions; i++)
        {
            await memory.Host.Session(KeyOf(i)).AppendAsync(Turn("hello"));
        }
    }

    private static async Task<ActivationStats> StatsAsync(EmbeddedFixture memory) => await memory.Host.GetStatsAsync();

    [Fact]
    public async Task A_session_stays_until_it_was_idle_for_the_idle_time()
    {
        await using var memory = new EmbeddedFixture(new EmbeddedOptions { IdleTime = TimeSpan.FromMinutes(10) });
        await FillAsync(memory, 2);
        memory.Time.Advance(TimeSpan.FromMinutes(6));
        await memory.Host.Session(KeyOf(2)).GetContextAsync();
        memory.Time.Advance(TimeSpan.FromMinutes(5));
        memory.Host.Sweep();
        var stats = await StatsAsync(memory);
        (stats.TotalSessions, stats.Evictions, stats.OldestAgeSeconds).ShouldBe((1, 1L, 300d));
        memory.Store.TakeCounts();
        (await memory.Host.Session(KeyOf(2)).GetContextAsync()).LastSequence.ShouldBe(1);
        memory.Store.Counts.Reads.ShouldBe(0);
        (await memory.Host.Session(KeyOf(1)).GetContextAsync()).LastSequence.ShouldBe(1);
        memory.Store.Counts.Reads.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beyond_the_capacity_the_longest_unused_leave_and_the_hot_ones_stay(bool byReading)
    {
        await using var memory = new EmbeddedFixture(new EmbeddedOptions { MaxSessions = 20 });
        await FillAsync(memory, 60);
        memory.Host.Forget();
        for (var i = 1; i <= 60; i++)
        {
            foreach (var number in new[] { i, 1, 2 })
            {
                memory.Time.Advance(TimeSpan.FromSeconds(1));
                if (byReading)
                {
                    await memory.Host.Session(KeyOf(number)).GetContextAsync();
                }
                else
                {
                    await memory.Host.Session(KeyOf(number)).AppendAsync(Turn("again"));
                }
            }

            (await StatsAsync(memory)).TotalSessions.ShouldBeLessThanOrEqualTo(20);
        }

        memory.Store.TakeCounts();
        await memory.Host.Session(KeyOf(1)).GetContextAsync();
        await memory.Host.Session(KeyOf(2)).GetContextAsync();
        await memory.Host.Session(KeyOf(60)).GetContextAsync();
        memory.Store.Counts.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_evicted_while_a_commit_or_a_call_is_under_way()
    {
        await using var memory = new EmbeddedFixture();
        await FillAsync(memory, 1);
        var gate = memory.Store.HoldCommits(OfSession);
        var append = memory.Host.Session(Key).AppendAsync(Turn("held")).AsTask();
        await gate.ArrivalAsync();
        memory.Host.Forget();
        (await StatsAsync(memory)).TotalSessions.ShouldBe(1);
        gate.Dispose();
        (await append).FirstSequence.ShouldBe(2);

        var seen = await memory.Host.Session(Key).WaitForChangeAsync(default, TimeSpan.FromMinutes(1));
        var watch = memory.Host.Session(Key).WaitForChangeAsync(seen, TimeSpan.FromMinutes(1));
        memory.Host.Forget();
        (await StatsAsync(memory)).TotalSessions.ShouldBe(1);
        await memory.Host.Session(Key).AppendAsync(Turn("seen"));
        (await watch).LastSequence.ShouldBe(3);
        memory.Host.Forget();
        (await StatsAsync(memory)).TotalSessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_session_that_folds_in_the_background_is_not_evicted()
    {
        await using var memory = new EmbeddedFixture();
        memory.Summarizer.Hold();
        for (var turn = 0; turn < 10; turn++)
        {
            await memory.Host.Session(Key).AppendAsync(Turn("hello"));
        }

        await memory.Summarizer.Entered;
        memory.Host.Forget();
        (await StatsAsync(memory)).TotalSessions.ShouldBe(1);
        memory.Summarizer.Release();
        (await memory.Host.Session(Key).WaitForChangeAsync(new SessionChange(10, 1, SessionStatus.Active), Timeout.InfiniteTimeSpan)).Epoch.ShouldBe(2);
    }

    [Fact]
    public async Task A_load_that_failed_is_not_remembered()
    {
        await using var memory = new EmbeddedFixture();
        await FillAsync(memory, 1);
        memory.Host.Forget();
        memory.Store.FailReads(1);
        await Should.ThrowAsync<UnavailableException>(async () => await memory.Host.Session(Key).GetContextAsync());
        (await StatsAsync(memory)).TotalSessions.ShouldBe(0);
        (await memory.Host.Session(Key).GetContextAsync()).LastSequence.ShouldBe(1);
    }

    [Fact]
    public async Task First_calls_that_come_at_once_load_once_and_fail_together()
    {
        await using var memory = new EmbeddedFixture();
        await FillAsync(memory, 1);
        await memory.Host.Session(Key).GetContextAsync();
        memory.Host.Forget();
        memory.Store.TakeCounts();
        await memory.Host.Session(Key).GetContextAsync();
        var reads = memory.Store.Counts.Reads;
        foreach (var fails in new[] { false, true })
        {
            memory.Host.Forget();
            memory.Store.TakeCounts();
            var misses = (await StatsAsync(memory)).Misses;
            var gate = memory.Store.HoldReads();
            var calls = Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await memory.Host.Session(Key).GetContextAsync())).ToList();
            await gate.ArrivalAsync();
            while ((await StatsAsync(memory)).Misses < misses + 20)
            {
                await Task.Yield();
            }

            memory.Store.FailReads(fails ? 1 : 0);
            gate.Dispose();
            if (fails)
            {
                foreach (var call in calls)
                {
                    await Should.ThrowAsync<UnavailableException>(() => call);
                }
            }
            else
            {
                await Task.WhenAll(calls);
                memory.Store.Counts.Reads.ShouldBe(reads);
            }
        }
    }

    [Fact]
    public async Task Hits_and_misses_are_counted()
    {
        await using var memory = new EmbeddedFixture();
        await FillAsync(memory, 1);
        var before = await StatsAsync(memory);
        for (var i = 0; i < 9; i++)
        {
            await memory.Host.Session(Key).GetContextAsync();
        }

        memory.Host.Forget();
        await memory.Host.Session(Key).GetContextAsync();
        var stats = await StatsAsync(memory);
        (stats.Hits - before.Hits, stats.Misses - before.Misses).ShouldBe((9L, 1L));
        stats.HitRate.ShouldBe((double)stats.Hits / (stats.Hits + stats.Misses), 0.001);
    }

    [Fact]
    public async Task Sessions_that_do_not_exist_do_not_fill_the_table()
    {
        await using var memory = new EmbeddedFixture();
        for (var i = 1; i <= 50; i++)
        {
            await Should.ThrowAsync<NotFoundException>(async () => await memory.Host.Session(KeyOf(i)).GetContextAsync());
            await Should.ThrowAsync<NotFoundException>(() => memory.Host.Session(KeyOf(i)).DeleteAsync());
        }

        (await StatsAsync(memory)).TotalSessions.ShouldBe(0);
    }

    [Fact]
    public async Task An_activation_that_was_lost_is_forgotten_at_once()
    {
        await using var memory = new EmbeddedFixture();
        await FillAsync(memory, 1);
        memory.Store.FailCommits(1, when: OfSession);
        await Should.ThrowAsync<UnavailableException>(async () => await memory.Host.Session(Key).AppendAsync(Turn("lost")));
        (await StatsAsync(memory)).TotalSessions.ShouldBe(0);
    }
}
