using Granary.Orleans.Conformance;

namespace Granary.Orleans.Redis.Tests;

[CollectionDefinition("redis")]
public sealed class RedisCollection : ICollectionFixture<RedisServer>;

[NeedsRedis]
[Collection("redis")]
public sealed class MembershipTests(RedisServer server) : MembershipConformance(server);

[NeedsRedis]
[Collection("redis")]
public sealed class ReminderTests(RedisServer server) : ReminderConformance(server);

[NeedsRedis]
[Collection("redis")]
public sealed class GrainStorageTests(RedisServer server) : GrainStorageConformance(server);

[NeedsRedis]
[Collection("redis")]
public sealed class WholeSiloTests(RedisServer server) : WholeSiloConformance(server);
