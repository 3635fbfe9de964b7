using System.Reflection;
using Granary.Conformance.Stores;
using Granary.Orleans.Cluster;
using Granary.Orleans.Grains;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Tests.Activations;

/// <summary>Questions to the cluster that find nobody, or the wrong one.</summary>
public sealed class SiloQuestionTests
{
    [Fact]
    public async Task A_silo_does_not_speak_for_another()
    {
        await using var cluster = await TestClusters.StartAsync(new InMemoryPartitionStore(TimeProvider.System), silos: 1);
        var self = cluster.Silos[0].SiloAddress;
        var other = SiloAddress.New(self.Endpoint, self.Generation + 1);
        (await cluster.Client.GetGrain<ISiloGrain>(self.ToParsableString()).GetStatsAsync()).MaxCapacity.ShouldBeGreaterThan(0);
        var misplaced = cluster.Client.GetGrain<ISiloGrain>(other.ToParsableString());
        (await Should.ThrowAsync<UnavailableException>(async () => await misplaced.GetStatsAsync())).Code.ShouldBe(ErrorCodes.ClusterUnavailable);
        (await Should.ThrowAsync<UnavailableException>(async () => await misplaced.GetHealthAsync())).Code.ShouldBe(ErrorCodes.ClusterUnavailable);
        await Turns.UntilAsync(() => Task.FromResult(!cluster.TryGetGrainContext(misplaced.GetGrainId(), out _)), "the misplaced grain left");
    }

    [Fact]
    public async Task Figures_of_a_cluster_without_a_silo_are_unavailable()
    {
        var grains = Fake.Of<IGrainFactory>(_ => Fake.Of<IManagementGrain>(_ => Task.FromResult(new Dictionary<SiloAddress, SiloStatus>())));
        var memory = new ClientMemory(grains, new Silos(grains, NullLogger<Silos>.Instance));
        (await Should.ThrowAsync<UnavailableException>(async () => await memory.GetStatsAsync())).Code.ShouldBe(ErrorCodes.ClusterUnavailable);
        (await memory.GetHealthAsync()).Status.ShouldBe("unhealthy");
    }

    [Fact]
    public async Task A_watcher_outlasts_losses_that_come_at_once_for_longer_than_it_takes_to_find_a_silo_dead()
    {
        var asked = 0;
        var changed = new SessionChange(7, 1, SessionStatus.Active);
        var grain = Fake.Of<ISessionGrain>(_ => ++asked <= 24 ? throw new SiloUnavailableException() : Task.FromResult(changed));
        var grains = Fake.Of<IGrainFactory>(_ => grain);
        var memory = new ClientMemory(grains, new Silos(grains, NullLogger<Silos>.Instance));
        (await memory.Session(Turns.Key("s")).WaitForChangeAsync(default, TimeSpan.FromMinutes(1))).ShouldBe(changed);
    }

    /// <summary>Answers every call of an interface the same way.</summary>
    public class Fake : DispatchProxy
    {
        private Func<MethodInfo, object?> _answer = _ => null;

        public static T Of<T>(Func<MethodInfo, object?> answer)
            where T : class
        {
            var fake = Create<T, Fake>();
            ((Fake)(object)fake)._answer = answer;
            return fake;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!);
    }
}
