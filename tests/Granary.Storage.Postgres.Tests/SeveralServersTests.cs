using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Testing.Postgres;
using Npgsql;

namespace Granary.Storage.Postgres.Tests;

public sealed class SeveralServersTests
{
    [Fact]
    public async Task A_store_over_several_servers_reads_and_writes_the_primary_wherever_it_is_named()
    {
        // The databases are on both: a server without one is passed over whatever it is.
        var databases = new Dictionary<string, string?> { ["unsaid"] = null, ["primary"] = "primary", ["read_write"] = "read-write" };
        await using var standby = await PostgresServer.StartAsync();
        foreach (var name in databases.Keys)
        {
            await standby.CreateDatabaseAsync(name);
        }

        var folder = await Backends.ScalarAsync<string>(standby.ConnectionString(), "SHOW data_directory");
        await standby.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "standby.signal"), string.Empty);
        await standby.StartAgainAsync();

        foreach (var (name, target) in databases)
        {
            var connection = await (await SharedServer.GetAsync()).CreateDatabaseAsync(name);
            var both = new NpgsqlConnectionStringBuilder(connection) { TargetSessionAttributes = target };
            both.Host = $"127.0.0.1:{standby.Port},127.0.0.1:{both.Port}";
            await using (var store = new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = both.ConnectionString }))
            {
                await store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
                (await store.ReadTextsAsync("p"))["a"].ShouldBe("1");
                (await store.ProbeAsync()).Writable.ShouldBeTrue();
            }

            // None of its connections outlives a store.
            (await Backends.ScalarAsync<long>(
                connection, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")).ShouldBe(0);
        }
    }
}
