using Granary.Orleans.Conformance;

namespace Granary.Orleans.Cosmos.Tests;

[CollectionDefinition("cosmos")]
public sealed class CosmosCollection : ICollectionFixture<CosmosService>;

[NeedsCosmosAccount]
[Collection("cosmos")]
public sealed class MembershipTests(CosmosService service) : MembershipConformance(service);

[NeedsCosmos]
[Collection("cosmos")]
public sealed class ReminderTests(CosmosService service) : ReminderConformance(service);

[NeedsCosmosAccount]
[Collection("cosmos")]
public sealed class WholeSiloTests(CosmosService service) : WholeSiloConformance(service);
