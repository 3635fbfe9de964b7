using Granary.Conformance.Providers;

namespace Granary.Providers.Tests.Postgres;

[Collection(PostgresCollection.Name)]
[TestCaseOrderer(WithPostgres.TypeName, "Granary.Providers.Tests")]
public sealed class PostgresConformanceTests(PostgresService service) : MemoryProviderConformance
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new PostgresFixture(service.Server.ConnectionString()));
}

[Collection(VectorCollection.Name)]
[TestCaseOrderer(WithVectors.TypeName, "Granary.Providers.Tests")]
public sealed class VectorConformanceTests(VectorService service) : MemoryProviderConformance
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(service.Open(new WordEmbedder()));
}
