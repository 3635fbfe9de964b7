using Granary.Conformance;
using Granary.Conformance.Http;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>The store over grain storage, with its due lists as grains of a cluster of two silos, keeps the contract of every store.</summary>
public sealed class GrainStorageTests : PartitionStoreConformance
{
    private const string Storage = "granary";

    protected override int LargePartitionDocuments => 2_000;

    protected override int ModelSteps => 100;

    /// <summary>A cluster whose memory is in the grain storage that comes with Orleans.</summary>
    public static async Task<InProcessTestCluster> StartAsync(TimeProvider time, short silos)
    {
        var cluster = TestClusters.Build(silos, silo => silo
            .AddMemoryGrainStorage(Storage)
            .AddGranaryGrainStorage(Storage)
            .AddGranary(options => (options.UseReminders, options.TimeProvider) = (false, time)));
        await cluster.DeployAsync();
        return cluster;
    }

    protected override async Task<StoreFixture> OpenAsync()
    {
        var fixture = new ClusterStore();
        await fixture.StartAsync();
        return fixture;
    }

    private sealed class ClusterStore : StoreFixture
    {
        private InProcessTestCluster? _cluster;

        public override IPartitionStore Store => _cluster!.Silos[0].ServiceProvider.GetRequiredService<IPartitionStore>();

        public async Task StartAsync() => _cluster = await GrainStorageTests.StartAsync(Time, silos: 2);

        public override ValueTask DisposeAsync()
        {
            _cluster!.Abandon();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The API in front of a cluster whose memory is in grain storage.</summary>
public sealed class GrainStorageHttpFixture : HttpFixture
{
    private InProcessTestCluster? _cluster;

    public override async Task InitializeAsync()
    {
        _cluster = await GrainStorageTests.StartAsync(TimeProvider.System, silos: 3);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _cluster!.DisposeAsync();
    }

    protected override void AddCluster(IServiceCollection services) => services.AddSingleton(_cluster!.Memory());
}

public sealed class GrainStorageMemoryTests(GrainStorageHttpFixture fixture) : MemoryFacts<GrainStorageHttpFixture>(fixture);

public sealed class GrainStorageSessionTests(GrainStorageHttpFixture fixture) : SessionFacts<GrainStorageHttpFixture>(fixture);
