using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>The API in front of a cluster of three silos: all servers of a class of tests share it.</summary>
public class ClusterHttpFixture : HttpFixture
{
    private InProcessTestCluster? _cluster;

    private protected InProcessTestCluster Cluster => _cluster!;

    private protected virtual IMemoryCluster Memory => Cluster.Memory();

    public override async Task InitializeAsync()
    {
        _cluster = await TestClusters.StartAsync(new InMemoryPartitionStore(TimeProvider.System), silos: 3);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _cluster!.DisposeAsync();
    }

    protected override void AddCluster(IServiceCollection services) => services.AddSingleton(Memory);
}

/// <summary>The same, asked by a client of the cluster: its figures are those of all silos.</summary>
public sealed class ClientHttpFixture : ClusterHttpFixture
{
    private protected override IMemoryCluster Memory => Cluster.ClientMemory();
}

public sealed class ClusterMemoryTests(ClusterHttpFixture fixture) : MemoryFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterSessionTests(ClusterHttpFixture fixture) : SessionFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterBadInputTests(ClusterHttpFixture fixture) : BadInputFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterPathTests(ClusterHttpFixture fixture) : PathFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterIdentityTests(ClusterHttpFixture fixture) : IdentityFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterResourceTests(ClusterHttpFixture fixture) : ResourceFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterEventTests(ClusterHttpFixture fixture) : EventFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterMemoryTransferTests(ClusterHttpFixture fixture) : MemoryTransferFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterTransferTests(ClusterHttpFixture fixture) : TransferFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterOperationTests(ClientHttpFixture fixture) : OperationFacts<ClientHttpFixture>(fixture);

public sealed class ClientMemoryTests(ClientHttpFixture fixture) : MemoryFacts<ClientHttpFixture>(fixture);

public sealed class ClientSessionTests(ClientHttpFixture fixture) : SessionFacts<ClientHttpFixture>(fixture);

public sealed class ClientResourceTests(ClientHttpFixture fixture) : ResourceFacts<ClientHttpFixture>(fixture);

public sealed class ClientEventTests(ClientHttpFixture fixture) : EventFacts<ClientHttpFixture>(fixture);

public sealed class ClientMemoryTransferTests(ClientHttpFixture fixture) : MemoryTransferFacts<ClientHttpFixture>(fixture);

public sealed class ClientTransferTests(ClientHttpFixture fixture) : TransferFacts<ClientHttpFixture>(fixture);

public sealed class ClusterRecordTests(ClusterHttpFixture fixture) : RecordFacts<ClusterHttpFixture>(fixture);

public sealed class ClusterRecallTests(ClusterHttpFixture fixture) : RecallFacts<ClusterHttpFixture>(fixture);

public sealed class ClientRecordTests(ClientHttpFixture fixture) : RecordFacts<ClientHttpFixture>(fixture);
