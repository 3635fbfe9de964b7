using Granary.Orleans.Conformance;

namespace Granary.Orleans.AdoNet.Tests;

[CollectionDefinition("postgres")]
public sealed class PostgresCollection : ICollectionFixture<AdoNetService>;

[NeedsPostgres]
[Collection("postgres")]
public sealed class ReminderTests(AdoNetService service) : ReminderConformance(service);

[NeedsPostgres]
[Collection("postgres")]
public sealed class GrainStorageTests(AdoNetService service) : GrainStorageConformance(service);

[NeedsPostgres]
[Collection("postgres")]
public sealed class WholeSiloTests(AdoNetService service) : WholeSiloConformance(service);
