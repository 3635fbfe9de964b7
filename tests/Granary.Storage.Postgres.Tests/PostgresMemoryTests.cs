using Granary.Conformance.Memory;
using Granary.Embedded.Tests;

namespace Granary.Storage.Postgres.Tests;

/// <summary>The embedded host does over PostgreSQL what it does over the store of the tests.</summary>
public sealed class PostgresMemoryTests : MemoryConformance
{
    protected override async Task<MemoryFixture> OpenAsync() => new Fixture(await SharedServer.CreateDatabaseAsync());

    private sealed class Fixture(string connection)
        : EmbeddedFixture(store: time => new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = connection, Writers = 2 }, time))
    {
        public override ValueTask DisposeAsync() => ((PostgresPartitionStore)Store.Inner).DisposeAsync();
    }
}
