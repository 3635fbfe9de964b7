using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Storage.Postgres.Schema;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Granary.Storage.Postgres.Tests;

public sealed class OpeningTests : IAsyncLifetime
{
    private string _connection = string.Empty;

    public async Task InitializeAsync() => _connection = await SharedServer.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Eight_stores_that_open_at_once_make_the_schema_once()
    {
        using var together = new Barrier(8);
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return Open();
            },
            TaskCreationOptions.LongRunning)));

        for (var i = 0; i < stores.Length; i++)
        {
            await stores[i].WriteAsync($"p/{i}", PartitionVersion.None, StoreCalls.Put("a", "1"));
            await stores[i].DisposeAsync();
        }

        (await Backends.ScalarAsync<int>(_connection, "SELECT version FROM granary.schema_version")).ShouldBe(Migrations.Version);
        (await Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM granary.partitions")).ShouldBe(8);
    }

    [Fact]
    public async Task A_start_waits_for_a_process_that_migrates_longer_than_one_statement_may_take()
    {
        await using var other = new Npgsql.NpgsqlConnection(_connection + ";Pooling=false");
        await other.OpenAsync();
        await using var take = new Npgsql.NpgsqlCommand($"SELECT pg_advisory_lock({SchemaOpener.LockClass}, {SchemaOpener.LockKey("granary")})", other);
        await take.ExecuteNonQueryAsync();

        var opening = Task.Run(() => Open(o => o.CommandTimeout = TimeSpan.FromSeconds(1)));
        while (!opening.IsCompleted && await Backends.ScalarAsync<long>(
            _connection,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database() AND clock_timestamp() - query_start > interval '2 s'") == 0)
        {
            await Task.Delay(50);
        }

        await other.CloseAsync();
        await using var store = await opening;
        await store.WriteAsync("p", PartitionVersion.None);
    }

    [Fact]
    public async Task Data_of_a_newer_release_is_refused_with_the_fix_and_left_alone()
    {
        await Open().DisposeAsync();
        await Backends.ExecuteAsync(_connection, "UPDATE granary.schema_version SET version = 99");

        var message = Should.Throw<StoreOpenException>(() => Open()).Message;

        message.ShouldContain("99");
        message.ShouldContain("newer release");
        (await Backends.ScalarAsync<int>(_connection, "SELECT version FROM granary.schema_version")).ShouldBe(99);
    }

    [Fact]
    public async Task A_start_that_fails_half_way_leaves_nothing_behind()
    {
        await Backends.ExecuteAsync(_connection, "CREATE SCHEMA granary; CREATE TABLE granary.documents(x int)");

        Should.Throw<StoreOpenException>(() => Open()).Message.ShouldContain("Granary:Postgres:Schema");

        (await Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'granary'")).ShouldBe(1);
        await using var other = Open(o => o.Schema = "granary_2");
        await other.WriteAsync("p", PartitionVersion.None);
    }

    [Fact]
    public async Task Two_schemas_of_one_database_are_two_stores()
    {
        await using var one = Open();
        await using var other = Open(o => o.Schema = "other");
        await one.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));

        (await other.VersionAsync("p")).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_user_without_the_right_to_create_is_told_which_one_to_grant()
    {
        var user = await CreateUserAsync();

        var message = Should.Throw<StoreOpenException>(() => Open(user)).Message;

        message.ShouldContain("GRANT CREATE ON DATABASE");
        message.ShouldContain(user);
    }

    [Fact]
    public async Task A_user_with_rights_on_the_tables_alone_opens_a_schema_that_is_there()
    {
        await Open().DisposeAsync();
        var user = await CreateUserAsync();
        await Backends.ExecuteAsync(_connection, $"GRANT USAGE ON SCHEMA granary TO {user}; GRANT SELECT ON ALL TABLES IN SCHEMA granary TO {user}");
        Should.Throw<StoreOpenException>(() => Open(user)).Message.ShouldContain("partitions");

        await Backends.ExecuteAsync(
            _connection,
            $"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA granary TO {user}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA granary TO {user}");
        await using var store = Open(user);
        var version = await store.WriteAsync("p", PartitionVersion.None, StoreCalls.Put("a", "1"));
        (await store.DeleteAsync("p", version)).ShouldBeTrue();
        (await store.ProbeAsync()).Writable.ShouldBeTrue();
    }

    [Fact]
    public void A_server_that_is_not_there_is_told_without_the_password()
    {
        var error = Should.Throw<StoreOpenException>(
            () => new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=hunter2;Database=d" }));

        error.Message.ShouldContain("Granary:Postgres:ConnectionString");
        error.ToString().ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Granary")]
    [InlineData("1st")]
    [InlineData("pg_granary")]
    [InlineData("a\"; DROP SCHEMA public; --")]
    [InlineData("a\n")]
    [InlineData("sixty-four")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890abcd")]
    public void A_schema_that_is_no_plain_name_is_refused(string schema) =>
        Should.Throw<ArgumentException>(() => Open(o => o.Schema = schema)).Message.ShouldContain("Granary:Postgres:Schema");

    [Theory]
    [InlineData("ConnectionString", "")]
    [InlineData("ConnectionString", "Host=x;Password=hunter2;Nonsense=1")]
    [InlineData("ConnectionString", "Username=u")]
    [InlineData("ConnectionString", "Host=a,b;Target Session Attributes=any")]
    [InlineData("ConnectionString", "Host=a,b;Target Session Attributes=prefer-standby")]
    [InlineData("Writers", 0)]
    [InlineData("Writers", 17)]
    [InlineData("MaxReaders", 0)]
    [InlineData("MaxGroupCommits", 5_000)]
    [InlineData("MaxGroupBytes", 0)]
    public void A_setting_out_of_range_is_refused_by_name(string setting, object value)
    {
        var options = new PostgresStoreOptions { ConnectionString = _connection };
        typeof(PostgresStoreOptions).GetProperty(setting)!.SetValue(options, value);

        var message = Should.Throw<ArgumentException>(() => new PostgresPartitionStore(options)).Message;
        message.ShouldContain($"Granary:Postgres:{setting}");
        message.ShouldNotContain("hunter2");
    }

    [Fact]
    public void A_time_out_of_range_is_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => Open(o => o.CommandTimeout = TimeSpan.Zero)).Message.ShouldContain("Granary:Postgres:CommandTimeout");
        Should.Throw<ArgumentException>(() => Open(o => o.GatherTime = TimeSpan.FromSeconds(1))).Message.ShouldContain("Granary:Postgres:GatherTime");
    }

    [Fact]
    public async Task Services_open_one_store_and_close_it()
    {
        var services = new ServiceCollection();
        services.AddGranaryPostgres(options => options.ConnectionString = _connection);
        await using (var provider = services.BuildServiceProvider())
        {
            var store = provider.GetRequiredService<IPartitionStore>();
            store.ShouldBeSameAs(provider.GetRequiredService<PostgresPartitionStore>());
            await store.WriteAsync("p", PartitionVersion.None);
        }

        await using var again = Open();
        (await again.VersionAsync("p")).ShouldNotBe(PartitionVersion.None);
    }

    [Fact]
    public void Services_refuse_a_wrong_setting_when_the_host_starts()
    {
        var services = new ServiceCollection();
        services.AddGranaryPostgres();
        using var provider = services.BuildServiceProvider();

        Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())
            .Message.ShouldContain("Granary:Postgres:ConnectionString");
    }

    [Fact]
    public async Task What_is_due_is_found_by_index()
    {
        await using var store = Open();
        await Backends.ExecuteAsync(
            _connection,
            "INSERT INTO granary.partitions SELECT 'p' || i, i, i, i % 256, i, NULL FROM generate_series(1, 20000) i; ANALYZE granary.partitions");

        var plan = await Backends.ScalarAsync<string>(
            _connection, "EXPLAIN (FORMAT JSON) SELECT id FROM granary.partitions WHERE shard = 7::smallint AND due_at <= 15000 ORDER BY due_at LIMIT 3");

        plan.ShouldContain("partitions_due");
        plan.ShouldNotContain("Sort");
    }

    private PostgresPartitionStore Open(Action<PostgresStoreOptions>? configure = null)
    {
        var options = new PostgresStoreOptions { ConnectionString = _connection };
        configure?.Invoke(options);
        return new PostgresPartitionStore(options);
    }

    private PostgresPartitionStore Open(string user) =>
        Open(o => o.ConnectionString = new Npgsql.NpgsqlConnectionStringBuilder(_connection) { Username = user }.ConnectionString);

    private async Task<string> CreateUserAsync()
    {
        var user = $"u_{Guid.NewGuid():N}";
        await Backends.ExecuteAsync(_connection, $"CREATE ROLE {user} LOGIN");
        return user;
    }
}
