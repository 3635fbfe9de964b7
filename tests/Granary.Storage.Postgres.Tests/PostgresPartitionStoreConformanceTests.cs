using Granary.Conformance;

namespace Granary.Storage.Postgres.Tests;

public sealed class PostgresPartitionStoreConformanceTests : PersistentPartitionStoreConformance
{
    protected override async Task<StoreFixture> OpenAsync() => await PostgresFixture.CreateAsync();
}
