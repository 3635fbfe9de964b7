using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Compaction;
using Granary.Core.Maintenance;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Embedded.Tests;

/// <summary>The embedded host, over the in-memory store if no other is given.</summary>
internal class EmbeddedFixture : MemoryFixture
{
    private readonly EmbeddedOptions _options;
    private readonly IEmbedder? _embedder;

    public EmbeddedFixture(EmbeddedOptions? options = null, Func<TimeProvider, IPartitionStore>? store = null, IEmbedder? embedder = null)
    {
        _embedder = embedder;
        _options = options ?? new EmbeddedOptions();
        Store = new FaultyPartitionStore(store?.Invoke(Time) ?? new InMemoryPartitionStore(Time));
        Host = Open();
    }

    public EmbeddedCluster Host { get; private set; }

    public override IMemoryCluster Cluster => Host;

    public override FaultyPartitionStore Store { get; }

    public override async Task RestartAsync()
    {
        if (_embedder is not null)
        {
            // It would go on by itself.
            await Host.StopAsync();
        }

        // Otherwise not stopped: what is in memory is simply gone, as after a crash.
        Host = Open();
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

    protected EmbeddedCluster Open()
    {
        var resources = new ResourceCatalog(Store, _options.Resources, _options.DefaultResource, Time);
        var progress = new SessionProgress();
        return new EmbeddedCluster(
            _options,
            Store,
            resources,
            users => new SessionServices(
                Store, resources, new ScriptAwareTokenCounter(), Summarizer, new ExtractiveSummarizer(), users, Time, NullLogger<SessionActor>.Instance, progress,
                new ReflectionServices(Reflection, Reflector, Reconciler)),
            new UserServices(Store, new ScriptAwareTokenCounter(), progress, _embedder, Time, NullLogger<UserActor>.Instance)
            {
                Vectors = _options.Vectors,
                Synthesis = new SynthesisServices(Reflection, Profiler),
            },
            Time);
    }
}
