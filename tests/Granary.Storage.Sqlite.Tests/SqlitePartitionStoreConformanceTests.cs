using Granary.Conformance;

namespace Granary.Storage.Sqlite.Tests;

public sealed class SqlitePartitionStoreConformanceTests : PersistentPartitionStoreConformance
{
    protected override Task<StoreFixture> OpenAsync() => Task.FromResult<StoreFixture>(new SqliteFixture());
}
