using Granary.Core.Storage;
using Granary.Orleans.Conformance;
using Granary.Orleans.Conformance.Skipping;
using Granary.Orleans.Providers;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using StackExchange.Redis;

namespace Granary.Orleans.Redis.Tests;

[NeedsRedis]
[Collection("redis")]
public sealed class RedisProviderTests(RedisServer server)
{
    private readonly RedisProvider _provider = new();

    [ServiceFact]
    public async Task Nothing_that_the_cluster_keeps_expires()
    {
        var cluster = ProviderHost.NewName("cluster");
        var service = ProviderHost.NewName("service");
        using var host = ProviderHost.BuildSilo(server, cluster, service);
        var members = host.Services.GetRequiredService<IMembershipTable>();
        var reminders = host.Services.GetRequiredService<IReminderTable>();
        await members.InitializeMembershipTable(tryInitTableVersion: true);
        await reminders.StartAsync();
        await reminders.UpsertRow(new ReminderEntry
        {
            GrainId = GrainId.Create("shard", "1"),
            ReminderName = "sweep",
            StartAt = DateTime.UtcNow,
            Period = TimeSpan.FromMinutes(2),
        });

        var keys = ((RedisKey[])(await server.ExecuteAsync("KEYS", $"{service}*"))!).Select(key => (string)key!).ToList();
        keys.Count.ShouldBe(2);
        foreach (var key in keys)
        {
            ((int)await server.ExecuteAsync("TTL", key)).ShouldBe(-1, key);
        }
    }

    [ServiceFact]
    public async Task A_server_that_forgets_is_refused_for_storage_only()
    {
        await server.ExecuteAsync("CONFIG", "SET", "appendonly", "no");
        try
        {
            (await Should.ThrowAsync<StorageException>(() => _provider.PrepareAsync(ProviderUses.GrainStorage, server.Connection)))
                .Message.ShouldContain("appendonly yes");
            await _provider.PrepareAsync(ProviderUses.Clustering | ProviderUses.Reminders, server.Connection);
        }
        finally
        {
            await server.ExecuteAsync("CONFIG", "SET", "appendonly", "yes");
        }
    }

    [ServiceFact]
    public async Task A_server_that_evicts_is_refused()
    {
        await server.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        try
        {
            (await Should.ThrowAsync<StorageException>(() => _provider.PrepareAsync(ProviderUses.GrainStorage, server.Connection)))
                .Message.ShouldContain("noeviction");
        }
        finally
        {
            await server.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        var error = await Should.ThrowAsync<StorageException>(() =>
            _provider.PrepareAsync(ProviderUses.Clustering, "127.0.0.1:1,password=secret,connectRetry=1,connectTimeout=2000"));

        error.Message.ShouldContain("127.0.0.1:1");
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void A_service_that_hides_its_settings_is_trusted() => RedisServerCheck.RequireDurable("# Server\r\nredis_version:7.0.0\r\n");

    [Fact]
    public void A_server_with_several_modules_is_checked_like_any_other()
    {
        const string modules = "# Modules\r\nmodule:name=ReJSON,ver=20609\r\nmodule:name=search,ver=20813\r\n";

        RedisServerCheck.RequireDurable($"aof_enabled:1\r\nmaxmemory_policy:noeviction\r\n{modules}");
        Should.Throw<StorageException>(() => RedisServerCheck.RequireDurable($"{modules}aof_enabled:0\r\n")).Message.ShouldContain("appendonly yes");
        Should.Throw<StorageException>(() => RedisServerCheck.RequireDurable($"{modules}maxmemory_policy:allkeys-lru\r\n")).Message.ShouldContain("noeviction");
    }

    [ServiceFact]
    public async Task A_server_that_does_not_answer_in_time_is_told()
    {
        await using var silent = new SilentProxy(server.Connection, "*1\r\n$4\r\nINFO\r\n");

        var error = await Should.ThrowAsync<StorageException>(() =>
            _provider.PrepareAsync(ProviderUses.GrainStorage, $"{silent.Address},asyncTimeout=1000"));

        error.InnerException.ShouldBeOfType<RedisTimeoutException>();
        error.Message.ShouldContain(silent.Address);
    }
}
