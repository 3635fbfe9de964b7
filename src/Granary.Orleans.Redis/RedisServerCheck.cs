using Granary.Core.Storage;
using Granary.Orleans.Providers;
using StackExchange.Redis;

namespace Granary.Orleans.Redis;

/// <summary>Whether a server answers and keeps what it acknowledges.</summary>
internal static class RedisServerCheck
{
    public static async Task RunAsync(ProviderUses use, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        options.AbortOnConnectFail = true;
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
            var database = connection.GetDatabase();
            await database.PingAsync().WaitAsync(cancellationToken);
            if (use.HasFlag(ProviderUses.GrainStorage))
            {
                // INFO, because managed services disable CONFIG.
                RequireDurable((string?)await database.ExecuteAsync("INFO").WaitAsync(cancellationToken) ?? "");
            }
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            throw new StorageException($"Redis at {string.Join(", ", options.EndPoints)} cannot be used: {error.Message}", error);
        }
    }

    /// <summary>Throws if the server would lose sessions; a field that a service hides counts as good.</summary>
    internal static void RequireDurable(string info)
    {
        if (Find(info, "aof_enabled") == "0")
        {
            throw new StorageException("Redis would forget acknowledged turns when it stops: it writes no append-only file. Set 'appendonly yes' "
                + "(and 'appendfsync always' if a power failure must not cost the last second).");
        }

        if (Find(info, "maxmemory_policy") is { } policy && policy.StartsWith("allkeys-", StringComparison.Ordinal))
        {
            throw new StorageException($"Redis would drop sessions when its memory is full: its maxmemory-policy is {policy}. "
                + "Set 'maxmemory-policy noeviction'.");
        }
    }

    // Line by line: other names may repeat, as "module" does for each module of the server.
    private static string? Find(string info, string name) =>
        info.Split('\n').Select(line => line.Trim().Split(':', 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0] == name)?[1];
}
