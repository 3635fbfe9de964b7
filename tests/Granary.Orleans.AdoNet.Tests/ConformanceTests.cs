using Granary.Orleans.Conformance;

namespace Granary.Orleans.AdoNet.Tests;

[CollectionDefinition("postgres")]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;

[NeedsPostgres]
[Collection("postgres")]
public sealed class ReminderTests(PostgresServer server) : ReminderConformance(server);

[NeedsPostgres]
[Collection("postgres")]
public sealed class GrainStorageTests(PostgresServer server) : GrainStorageConformance(server);

[NeedsPostgres]
[Collection("postgres")]
public sealed class WholeSiloTests(PostgresServer server) : WholeSiloConformance(server);
