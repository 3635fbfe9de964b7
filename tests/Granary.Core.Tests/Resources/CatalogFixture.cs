using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Resources;

namespace Granary.Core.Tests.Resources;

/// <summary>A store, a clock, and catalogs over them: each one stands for a process.</summary>
internal sealed class CatalogFixture
{
    public const string Tenant = "acme";

    public CatalogFixture()
    {
        Memory = new InMemoryPartitionStore(Time);
        Store = new FaultyPartitionStore(Memory);
    }

    public ManualTimeProvider Time { get; } = new();

    public InMemoryPartitionStore Memory { get; }

    public FaultyPartitionStore Store { get; }

    public static MemoryResource Default { get; } = GranaryResources.Default();

    public ResourceCatalog Process(params MemoryResource[] configured) => new(Store, configured, Default, Time);

    /// <summary>Waits for what a background refresh brings. Gives up after 10 seconds of real time.</summary>
    public static void Eventually(Func<bool> condition) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)).ShouldBeTrue();
}
