using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>A cluster that lets few calls of a session in at a time, with the API in front.</summary>
public sealed class LimitedFixture : HttpFixture
{
    public const int MaxCalls = 3;

    public FaultyPartitionStore Store { get; } = new(new InMemoryPartitionStore(TimeProvider.System));

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        Cluster = await TestClusters.StartAsync(Store, configure: options => options.MaxCallsPerSession = options.MaxCallsPerUser = MaxCalls);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    protected override void AddCluster(IServiceCollection services) => services.AddSingleton(Cluster.Memory());
}

public sealed class LimitTests(LimitedFixture fixture) : IClassFixture<LimitedFixture>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task More_calls_of_a_session_at_a_time_than_allowed_are_refused_and_the_rest_is_done(int silo)
    {
        var id = $"calls{silo}";
        await fixture.Cluster.BeginOnAsync(silo, id);
        var session = fixture.Cluster.Memory().Session(Turns.Key(id));
        var gate = fixture.Store.HoldCommits(commit => commit.Partition.EndsWith(id, StringComparison.Ordinal));
        var held = Enumerable.Range(0, LimitedFixture.MaxCalls).Select(i => session.AppendAsync(Turns.Turn($"held {i}")).AsTask()).ToList();
        await gate.ArrivalAsync();
        await Turns.UntilAsync(async () => await IsRefusedAsync(session), "the session was full");
        using var api = fixture.Server.As(Turns.Ada.User, Turns.Ada.Tenant).Http;
        var answer = await api.GetAsync(new Uri($"/sessions/{id}/messages", UriKind.Relative));
        ((int)answer.StatusCode, answer.Headers.RetryAfter?.Delta).ShouldBe((429, TimeSpan.FromSeconds(1)));
        held.ShouldAllBe(call => !call.IsCompleted);
        gate.Dispose();
        (await Task.WhenAll(held)).Select(result => result.FirstSequence).Order().ShouldBe([3, 5, 7]);
        (await session.GetInfoAsync()).LastSequence.ShouldBe(8);
        (await session.AppendAsync(Turns.Turn("after"))).FirstSequence.ShouldBe(9);
    }

    [Fact]
    public async Task Calls_that_wait_for_a_session_to_be_loaded_are_limited_too()
    {
        const string Id = "loading";
        var memory = fixture.Cluster.Memory();
        await memory.AppendAsync(Id, "hello");
        await fixture.Cluster.DeactivateAsync(fixture.Cluster.Grain(Id));
        var gate = fixture.Store.HoldReads(partition => partition.EndsWith(Id, StringComparison.Ordinal));
        var calls = Enumerable.Range(0, 20).Select(_ => memory.Session(Turns.Key(Id)).GetContextAsync().AsTask()).ToList();
        await gate.ArrivalAsync();
        await Turns.UntilAsync(() => Task.FromResult(calls.Count(call => call.IsFaulted) == 20 - LimitedFixture.MaxCalls), "the surplus was refused");
        gate.Dispose();
        var answers = calls.Select(async call =>
        {
            try
            {
                return (await call).LastSequence;
            }
            catch (UnavailableException refused) when (refused.Code == ErrorCodes.RateLimited)
            {
                return -1;
            }
        });
        (await Task.WhenAll(answers)).Count(last => last == 2).ShouldBe(LimitedFixture.MaxCalls);
        (await memory.Session(Turns.Key(Id)).GetContextAsync()).LastSequence.ShouldBe(2);
    }

    [Fact]
    public async Task Calls_that_wait_for_an_activation_to_leave_are_limited_too()
    {
        const string Id = "leaving";
        var memory = fixture.Cluster.Memory();
        await memory.AppendAsync(Id, "hello");
        var gate = fixture.Store.HoldCommits(commit => commit.Partition.EndsWith(Id, StringComparison.Ordinal));
        var held = memory.AppendAsync(Id, "held").AsTask();
        await gate.ArrivalAsync();
        var leaving = fixture.Cluster.DeactivateAsync(fixture.Cluster.Grain(Id));
        var calls = Enumerable.Range(0, 200).Select(_ => memory.Session(Turns.Key(Id)).GetContextAsync().AsTask()).ToList();
        await Turns.UntilAsync(() => Task.FromResult(calls.Count(call => call.IsFaulted) > 90), "the surplus was refused");
        (await Should.ThrowAsync<UnavailableException>(() => calls.First(call => call.IsFaulted))).Code.ShouldBe(ErrorCodes.RateLimited);
        gate.Dispose();
        await held;
        await leaving;
        (await memory.Session(Turns.Key(Id)).GetContextAsync()).LastSequence.ShouldBe(4);
    }

    private static async Task<bool> IsRefusedAsync(ISessionMemory session)
    {
        try
        {
            await session.GetMessagesAsync(1, 1);
            return false;
        }
        catch (UnavailableException refused) when (refused.Code == ErrorCodes.RateLimited)
        {
            refused.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
            return true;
        }
    }
}
