using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Orleans.Activations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests.Activations;

/// <summary>Sessions come into a silo's memory and leave it.</summary>
public sealed class ActivationTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly FaultyPartitionStore _store;
    private readonly GatedSummarizer _summarizer = new();

    public ActivationTests() => _store = new FaultyPartitionStore(new InMemoryPartitionStore(_time));

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(999)]
    [InlineData(5_000)]
    [InlineData(60_000)]
    [InlineData(60_001)]
    [InlineData(900_000)]
    [InlineData(1_800_000)]
    [InlineData(86_400_000)]
    [InlineData(long.MaxValue / TimeSpan.TicksPerMillisecond)]
    public void Any_idle_time_makes_settings_that_Orleans_takes(long milliseconds)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.UseOrleans(silo => silo.UseLocalhostClustering().AddGranary(options =>
            (options.IdleTime, options.UseReminders) = (TimeSpan.FromMilliseconds(milliseconds), false)));
        host.Services.AddSingleton<Granary.Core.Storage.IPartitionStore>(_store);
        using var built = host.Build();
        foreach (var validator in built.Services.GetServices<IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }
    }

    [Fact]
    public async Task An_idle_time_beyond_the_calendar_is_taken_as_very_long()
    {
        await using var cluster = await OpenAsync(options => options.IdleTime = TimeSpan.MaxValue);
        await cluster.Memory().AppendAsync("s1", "hello");
        (await cluster.Memory().GetStatsAsync()).TotalSessions.ShouldBe(1);
    }

    [Fact]
    public async Task An_idle_session_leaves_after_the_idle_time_and_comes_back_when_it_is_called()
    {
        await using var cluster = await OpenAsync(options =>
            (options.IdleTime, options.GovernorInterval) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(100)));
        var memory = cluster.Memory();
        await memory.AppendAsync("s1", "hello");
        await Turns.UntilAsync(
            async () => (await memory.GetStatsAsync()) is { TotalSessions: 0, TotalUsers: 0, Evictions: > 0 }, "the session and its user left, and were counted");
        (await memory.GetStatsAsync()).Evictions.ShouldBe(1);
        _store.TakeCounts();
        (await memory.Session(Turns.Key("s1")).GetContextAsync()).LastSequence.ShouldBe(2);
        _store.Counts.Reads.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_background_fold_keeps_its_session_in_memory_though_nobody_calls_it()
    {
        await using var cluster = await OpenAsync(options =>
        {
            (options.IdleTime, options.GovernorInterval) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(100));
            options.Reflection.Enabled = false;
        });
        var memory = cluster.Memory();
        _summarizer.Hold();
        for (var turn = 0; turn < 10; turn++)
        {
            await memory.AppendAsync("folding", $"turn {turn}");
        }

        await _summarizer.Entered;
        await memory.AppendAsync("idle", "hello");
        await Turns.UntilAsync(async () => (await memory.GetStatsAsync()).TotalSessions == 1, "the idle session left");
        cluster.SiloOf("folding").ShouldBe(0);

        // Longer than a call keeps it by itself.
        await Task.Delay(TimeSpan.FromSeconds(4));
        cluster.SiloOf("folding").ShouldBe(0);
        _summarizer.Release();
        await Turns.UntilAsync(async () => (await memory.Session(Turns.Key("folding")).GetInfoAsync()).Epoch == 2, "the fold was applied");
        _summarizer.Calls.ShouldBe(1);
        await Turns.UntilAsync(async () => (await memory.GetStatsAsync()).TotalSessions == 0, "the session left after its work");
    }

    [Fact]
    public async Task Hot_sessions_stay_and_idle_ones_go_beyond_the_ceiling()
    {
        await using var cluster = await OpenAsync(options => options.MaxSessions = 100);
        var memory = cluster.Memory();
        for (var i = 0; i < 200; i++)
        {
            await memory.AppendAsync($"s{i}", "hello");
        }

        for (var round = 0; round < 2; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < 200; i += 2)
            {
                await memory.Session(Turns.Key($"s{i}")).GetContextAsync();
            }
        }

        var before = await memory.GetStatsAsync();
        (before.TotalSessions, before.Evictions, before.Hits, before.Misses).ShouldBe((200, 0, 200, 200));
        Governor(cluster).Look().ShouldBe(100);
        await Turns.UntilAsync(() => Task.FromResult(Enumerable.Range(0, 200).All(i => cluster.SiloOf($"s{i}") == (i % 2) - (i % 2 * 2))), "the idle ones had left and only they");
        var after = await memory.GetStatsAsync();
        (after.TotalSessions, after.Evictions).ShouldBe((100, 100));
        _store.TakeCounts();
        for (var i = 0; i < 200; i += 2)
        {
            await memory.Session(Turns.Key($"s{i}")).GetContextAsync();
        }

        _store.Counts.Reads.ShouldBe(0);
        (await memory.Session(Turns.Key("s1")).GetContextAsync()).LastSequence.ShouldBe(2);
        var last = await memory.GetStatsAsync();
        (last.Hits, last.Misses).ShouldBe((300, 201));
    }

    [Fact]
    public async Task A_session_with_a_call_or_a_fold_under_way_is_not_sent_away()
    {
        await using var cluster = await OpenAsync(options => options.MaxSessions = 1);
        var memory = cluster.Memory();
        _summarizer.Hold();
        for (var turn = 0; turn < 10; turn++)
        {
            await memory.AppendAsync("folding", $"turn {turn}");
        }

        await _summarizer.Entered;
        await memory.AppendAsync("called", "hello");
        using var gate = _store.HoldCommits(commit => commit.Partition.EndsWith("/called", StringComparison.Ordinal));
        var held = memory.AppendAsync("called", "held").AsTask();
        await gate.ArrivalAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await memory.AppendAsync("young", "hello");
        _time.Advance(TimeSpan.FromHours(2));
        Governor(cluster).Look().ShouldBe(1);
        await cluster.WaitForDeactivationAsync(cluster.Grain("young")).WaitAsync(Turns.Patience);
        (cluster.SiloOf("folding"), cluster.SiloOf("called")).ShouldBe((0, 0));
        gate.Dispose();
        (await held).FirstSequence.ShouldBe(3);
        _summarizer.Release();
    }

    [Fact]
    public async Task A_session_that_does_not_exist_does_not_stay_in_memory()
    {
        await using var cluster = await OpenAsync();
        var memory = cluster.Memory();
        for (var i = 0; i < 20; i++)
        {
            await Should.ThrowAsync<NotFoundException>(async () => await memory.Session(Turns.Key($"unknown{i}")).GetContextAsync());
            await Should.ThrowAsync<NotFoundException>(async () => await memory.Session(Turns.Key($"unknown{i}")).GetInfoAsync());
            await Should.ThrowAsync<NotFoundException>(async () => await memory.Session(Turns.Key($"unknown{i}")).GetMessagesAsync(1, 10));
        }

        await Turns.UntilAsync(() => Task.FromResult(Enumerable.Range(0, 20).All(i => cluster.SiloOf($"unknown{i}") == -1)), "they left");
        (await memory.GetStatsAsync()).TotalSessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_session_that_cannot_be_loaded_does_not_stay_in_memory()
    {
        await using var cluster = await OpenAsync();
        var memory = cluster.Memory();
        _store.FailReads(1);
        await Should.ThrowAsync<UnavailableException>(async () => await memory.Session(Turns.Key("s1")).GetContextAsync());
        await Turns.UntilAsync(() => Task.FromResult(cluster.SiloOf("s1") == -1), "it left");
        (await memory.GetStatsAsync()).TotalSessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_version_does_not_shut_out_the_session_s_calls_while_a_long_one_runs()
    {
        await using var cluster = await OpenAsync();
        var session = cluster.Memory().Session(Turns.Key("s1"));
        for (var turn = 0; turn < 6; turn++)
        {
            await session.AppendAsync(Turns.Turn($"turn {turn}"));
        }

        _summarizer.Hold();
        var compacting = session.CompactAsync(new CompactOptions { Force = true });
        await _summarizer.Entered;
        _store.FailCommits(1);
        await Should.ThrowAsync<UnavailableException>(async () => await session.AppendAsync(Turns.Turn("fails", "k")));
        (await session.GetContextAsync().AsTask().WaitAsync(Turns.Patience)).LastSequence.ShouldBe(12);
        (await session.AppendAsync(Turns.Turn("fails", "k")).AsTask().WaitAsync(Turns.Patience)).FirstSequence.ShouldBe(13);
        _summarizer.Release();
        (await compacting).Epoch.ShouldBe(2);
        await Turns.UntilAsync(() => Task.FromResult(cluster.SiloOf("s1") == -1), "the activation that had lost its version left");
        (await cluster.Memory().GetStatsAsync()).TotalSessions.ShouldBe(0);
    }

    [Fact]
    public async Task Reads_in_the_silo_of_a_session_are_given_the_same_context_uncopied()
    {
        await using var cluster = await OpenAsync();
        var session = cluster.Memory().Session(Turns.Key("s1"));
        await session.AppendAsync(Turns.Turn("hello"));
        (await session.GetContextAsync()).ShouldBeSameAs(await session.GetContextAsync());
    }

    private static Governor Governor(InProcessTestCluster cluster) => cluster.Silos[0].ServiceProvider.GetRequiredService<Governor>();

    /// <summary>One silo whose governor looks when the test says so.</summary>
    private Task<InProcessTestCluster> OpenAsync(Action<GranaryOrleansOptions>? configure = null) =>
        TestClusters.StartAsync(_store, silos: 1, _summarizer, options =>
        {
            options.TimeProvider = _time;
            options.GovernorInterval = TimeSpan.FromHours(1);
            configure?.Invoke(options);
        });
}
