using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Providers.Chain;
using Granary.Providers.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Providers.Tests.Chain;

/// <summary>A chain of flaky providers a, b, c over a store in memory, with a clock that the test drives.</summary>
internal sealed class ChainHarness
{
    public static readonly UserKey Ada = new("acme", "ada");

    private readonly ChainOptions _options;

    public ChainHarness(ChainOptions? options = null, int providers = 3, bool takeIds = true)
    {
        _options = options ?? new ChainOptions();
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));
        Providers = [.. Enumerable.Range(0, providers).Select(number => new FlakyProvider(Time, $"{(char)('a' + number)}"))];
        MemoryConnection[] connections =
        [
            .. Providers.Select(provider => new MemoryConnection(provider.Name, "mock", takeIds, _ => provider)),
            new MemoryConnection("spare", "mock", takeIds, _ => Spare!),
        ];
        Connections = new MemoryConnections(connections, null!);
        Spare = new FlakyProvider(Time, "spare");
        Node = Open();
    }

    public ManualTimeProvider Time { get; } = new();

    public FaultyPartitionStore Store { get; }

    public IReadOnlyList<FlakyProvider> Providers { get; }

    /// <summary>A provider with a connection that no entry of the settings uses.</summary>
    public FlakyProvider Spare { get; }

    public MemoryConnections Connections { get; }

    /// <summary>The process under test.</summary>
    public ChainNode Node { get; }

    public FlakyProvider this[string name] => Providers.Single(provider => provider.Name == name);

    /// <summary>Another process over the same store and the same providers.</summary>
    /// <param name="without">A provider that its settings do not have.</param>
    public ChainNode Open(string? without = null) => new(this, _options, without);

    /// <summary>Does what the maintenance does with open deletes.</summary>
    public async Task MaintainAsync()
    {
        Time.Advance(PendingDeletes.RetryInterval);
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            foreach (var due in await Store.DueAsync(shard, Time.GetUtcNow(), 100))
            {
                if (PartitionNames.IsOfKind(due.Partition, PendingDeletes.Kind) && !due.Erased)
                {
                    await Node.Maintenance.MaintainAsync(due.Partition, CancellationToken.None);
                }
            }
        }
    }
}

/// <summary>A process of a chain.</summary>
internal sealed class ChainNode
{
    public ChainNode(ChainHarness harness, ChainOptions options, string? without)
    {
        var entries = harness.Providers
            .Select((provider, i) => new ProviderEntry { Name = provider.Name, ProviderType = "mock", ConnectionName = provider.Name, Priority = 10 * (i + 1) })
            .Where(entry => entry.Name != without)
            .ToList();
        Monitor = new HealthMonitor(harness.Time);
        Registry = new ProviderRegistry(
            entries,
            null,
            harness.Connections,
            harness.Store,
            Monitor,
            () => new CircuitBreaker(options.BreakerFailures, TimeSpan.FromSeconds(options.BreakerSeconds), harness.Time),
            NullLogger<ProviderRegistry>.Instance);
        Failover = new FailoverManager(Registry, Monitor, options.RulesOfAll(), harness.Time, NullLogger<FailoverManager>.Instance);
        Checks = new ProviderChecks(Monitor, Failover, harness.Time);
        Pending = new PendingDeletes(harness.Store, harness.Time);
        Chain = new ChainMemoryProvider(Registry, Failover, Pending, Checks, harness.Time);
        Watch = new ProviderWatch(Registry, Checks, Monitor, harness.Time, NullLogger<ProviderWatch>.Instance);
        Maintenance = new PendingDeleteMaintenance(Pending, Registry, Failover, NullLogger<PendingDeleteMaintenance>.Instance);
        Eraser = new ProviderEraser(Registry, Failover, Pending);
    }

    public HealthMonitor Monitor { get; }

    public ProviderRegistry Registry { get; }

    public FailoverManager Failover { get; }

    public ProviderChecks Checks { get; }

    public PendingDeletes Pending { get; }

    public ChainMemoryProvider Chain { get; }

    public ProviderWatch Watch { get; }

    public PendingDeleteMaintenance Maintenance { get; }

    public ProviderEraser Eraser { get; }
}
