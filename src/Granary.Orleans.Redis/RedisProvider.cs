using Granary.Orleans.Providers;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using StackExchange.Redis;

namespace Granary.Orleans.Redis;

/// <summary>
/// Membership, reminders and grain storage of a cluster in Redis, over Orleans' Redis providers. The connection string is
/// StackExchange.Redis': <c>host:6379,password=…,ssl=true</c>.
/// </summary>
/// <remarks>
/// No entry ever gets an expiry: the providers' EntryExpiry would take all reminders at once, because they live in one sorted set, and silos
/// and sessions with them.
/// </remarks>
public sealed class RedisProvider : IClusterProvider
{
    /// <inheritdoc/>
    public string Name => "redis";

    /// <inheritdoc/>
    public string? Check(string connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ConfigurationOptions parts;
        try
        {
            parts = ConfigurationOptions.Parse(connection);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            // The parser's own message can repeat a value, and a value can be a password.
            return "it is not a Redis connection string. Write it as host:6379,password=…,ssl=true";
        }

        return parts.EndPoints.Count == 0 ? "it names no server. Begin it with host:port." : null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Redis needs nothing made beforehand. The server must answer, and for grain storage it must be one that keeps what it acknowledges: with
    /// an append-only file and without eviction of entries that have no expiry. With <c>appendfsync everysec</c> a crash of the machine
    /// (not of the process) can still take the last second; <c>appendfsync always</c> closes that gap.
    /// </remarks>
    public Task PrepareAsync(ProviderUses use, string connection, CancellationToken cancellationToken = default) =>
        RedisServerCheck.RunAsync(use, Parse(connection), cancellationToken);

    /// <inheritdoc/>
    public void AddClustering(ISiloBuilder silo, string connection) => silo.UseRedisClustering(options =>
    {
        options.ConfigurationOptions = Parse(connection);
        options.EntryExpiry = null;
    });

    /// <inheritdoc/>
    public void AddClustering(IClientBuilder client, string connection) => client.UseRedisClustering(options =>
    {
        options.ConfigurationOptions = Parse(connection);
        options.EntryExpiry = null;
    });

    /// <inheritdoc/>
    public void AddReminders(ISiloBuilder silo, string connection) => silo.UseRedisReminderService(options =>
    {
        options.ConfigurationOptions = Parse(connection);
        options.EntryExpiry = null;
    });

    /// <inheritdoc/>
    public void AddGrainStorage(ISiloBuilder silo, string name, string connection) => silo.AddRedisGrainStorage(name, options =>
    {
        options.ConfigurationOptions = Parse(connection);
        options.EntryExpiry = null;
        options.DeleteStateOnClear = true;
    });

    // A silo outlives its Redis: the client keeps trying instead of giving up when the first connection fails. Whether the server is there at
    // the start is PrepareAsync's to find out.
    private static ConfigurationOptions Parse(string connection)
    {
        var options = ConfigurationOptions.Parse(connection);
        options.AbortOnConnectFail = false;
        return options;
    }
}
