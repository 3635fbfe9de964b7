using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Compaction;
using Granary.Core.Maintenance;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Embedded.Tests;

/// <summary>The embedded host over the in-memory store.</summary>
internal sealed class EmbeddedFixture : MemoryFixture
{
    private readonly EmbeddedOptions options;

    public EmbeddedFixture(EmbeddedOptions? options = null)
    {
        this.options = options ?? new EmbeddedOptions();
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));
        Host = Open();
    }

    public EmbeddedCluster Host { get; private set; }

    public override IMemoryCluster Cluster => Host;

    public override FaultyPartitionStore Store { get; }

    public override Task RestartAsync()
    {
        // Not stopped: what is in memory is simply gone, as after a crash.
        Host = Open();
        return Task.CompletedTask;
    }

    public override Task<IMemoryCluster> OpenSecondAsync() => Task.FromResult<IMemoryCluster>(Open());

    public override async Task MaintainAsync()
    {
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            await new MaintenanceShard(shard, Store, Host, Time, NullLogger<MaintenanceShard>.Instance).WakeAsync(CancellationToken.None);
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private EmbeddedCluster Open()
    {
        var resources = new ResourceCatalog(Store, options.Resources, options.DefaultResource, Time);
        return new EmbeddedCluster(
            options,
            Store,
            resources,
            users => new SessionServices(
                Store, resources, new ScriptAwareTokenCounter(), Summarizer, new ExtractiveSummarizer(), users, Time, NullLogger<SessionActor>.Instance),
            Time);
    }
}
