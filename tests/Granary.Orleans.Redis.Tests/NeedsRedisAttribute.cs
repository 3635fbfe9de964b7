using Granary.Orleans.Conformance.Skipping;

namespace Granary.Orleans.Redis.Tests;

public sealed class NeedsRedisAttribute : NeedsAttribute
{
    public override string? Missing => RedisServer.Program is null
        ? "redis-server is not installed: clusters over Redis were not tested. apt-get install redis-server"
        : null;
}
