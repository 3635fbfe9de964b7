using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Storage.Sqlite.Tests;

/// <summary>The reference itself, and with it the wrapper that other projects' tests put over it.</summary>
public sealed class InMemoryPartitionStoreConformanceTests : PartitionStoreConformance
{
    protected override Task<StoreFixture> OpenAsync() => Task.FromResult<StoreFixture>(new Memory());

    private sealed class Memory : StoreFixture
    {
        private readonly FaultyPartitionStore _store;

        public Memory() => _store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));

        public override IPartitionStore Store => _store;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
