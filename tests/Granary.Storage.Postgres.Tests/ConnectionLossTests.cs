using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Testing.Postgres;

namespace Granary.Storage.Postgres.Tests;

public sealed class ConnectionLossTests
{
    [Fact]
    public async Task Killed_backends_fail_the_calls_in_flight_only_and_nothing_acknowledged_is_lost()
    {
        var connection = await SharedServer.CreateDatabaseAsync();
        await using var store = Open(connection);
        var load = new Workload(store, writers: 8);
        load.Start();

        for (var kill = 0; kill < 12; kill++)
        {
            await load.AcknowledgedAsync(40);
            (await Backends.KillAllAsync(connection)).ShouldBeGreaterThan(0);
        }

        await load.AcknowledgedAsync(40);
        await load.StopAndVerifyAsync();
        load.Unknown.ShouldBeInRange(1, 12 * 8);
    }

    [Fact]
    public async Task Backends_that_were_killed_while_idle_are_replaced_without_a_failed_call()
    {
        var connection = await SharedServer.CreateDatabaseAsync();
        await using var store = Open(connection);
        string[] ids = [.. Enumerable.Range(0, 16).Select(i => $"p/{i}")];
        var versions = await Task.WhenAll(ids.Select(id => store.WriteAsync(id, PartitionVersion.None, StoreCalls.Put("a", "1"))));
        await Task.WhenAll(ids.Select(id => store.ReadTextsAsync(id)));

        (await Backends.KillAllAsync(connection)).ShouldBeGreaterThanOrEqualTo(3);
        await Task.Delay(TimeSpan.FromSeconds(1)); // real time: what counts is how long the store's connections were left alone

        await Task.WhenAll(ids.Select(id => store.ReadTextsAsync(id)));
        await Task.WhenAll(ids.Select((id, i) => store.WriteAsync(id, versions[i], StoreCalls.Put("a", "2"))));
    }

    [Fact]
    public async Task A_server_that_crashes_and_restarts_keeps_everything_acknowledged_and_the_store_goes_on()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Fsync = true });
        await using var store = Open(await server.CreateDatabaseAsync());
        var load = new Workload(store, writers: 8);
        load.Start();

        foreach (var immediate in new[] { true, true, false })
        {
            await load.AcknowledgedAsync(100);
            await server.RestartAsync(immediate);
        }

        await load.AcknowledgedAsync(100);
        await load.StopAndVerifyAsync();
        load.Unknown.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task While_the_server_is_away_calls_fail_and_say_so_and_afterwards_they_work()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = Open(await server.CreateDatabaseAsync());
        var version = await store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await store.ReadTextsAsync("p");

        await server.StopAsync();
        (await Should.ThrowAsync<StorageException>(async () => await store.CommitAsync("p", version, StoreCalls.Put("a", "2")))).Message.ShouldContain("PostgreSQL");
        (await Should.ThrowAsync<StorageException>(async () => await store.DeleteAsync("p", version))).Message.ShouldContain("cannot be reached");
        (await Should.ThrowAsync<StorageException>(async () => await store.ReadAsync("p", StoreCalls.Everything))).Message.ShouldContain("cannot be reached");
        await Should.ThrowAsync<StorageException>(async () => await store.DueAsync(0, DateTimeOffset.MaxValue, 1));
        var health = await store.ProbeAsync();
        (health.Readable, health.Writable).ShouldBe((false, false));
        health.Error.ShouldNotBeNull().ShouldNotContain("127.0.0.1");

        await server.StartAgainAsync();
        (await store.ReadTextsAsync("p"))["a"].ShouldBe("1");
        await store.WriteAsync("p", version, StoreCalls.Put("a", "3"));
        health = await store.ProbeAsync();
        (health.Readable, health.Writable).ShouldBe((true, true));
    }

    [Fact]
    public async Task A_database_that_only_reads_is_readable_and_not_writable()
    {
        var connection = await SharedServer.CreateDatabaseAsync();
        await using var store = Open(connection);
        await Backends.ExecuteAsync(
            connection, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");
        await Backends.KillAllAsync(connection);

        var health = await store.ProbeAsync();

        health.Readable.ShouldBeTrue();
        health.Writable.ShouldBeFalse();
        health.Error.ShouldNotBeNull().ShouldContain("read-only");
    }

    private static PostgresPartitionStore Open(string connection) =>
        new(new PostgresStoreOptions { ConnectionString = connection, Writers = 2 });
}
