using Granary.Core.Storage;
using Granary.Orleans.Conformance.Skipping;
using Granary.Orleans.Providers;
using static Granary.Orleans.AdoNet.Tests.AdoNetService;

namespace Granary.Orleans.AdoNet.Tests;

[NeedsPostgres]
[Collection("postgres")]
public sealed class SchemaTests(AdoNetService service)
{
    private const string CountTables = "select count(*) from pg_class where relkind = 'r' and relname like 'granary_%'";
    private readonly AdoNetProvider _provider = new();

    [ServiceFact]
    public async Task Silos_that_start_at_once_prepare_one_schema()
    {
        var connection = await service.CreateDatabaseAsync("at_once");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _provider.PrepareAsync(service.Uses, connection))));

        (await QueryAsync(connection, CountTables)).ShouldBe(4L);
        (await QueryAsync(connection, "select count(*) from orleansquery")).ShouldBe(20L);
    }

    [ServiceFact]
    public async Task A_use_that_comes_later_is_added()
    {
        var connection = await service.CreateDatabaseAsync("later");
        await _provider.PrepareAsync(ProviderUses.Reminders, connection);
        (await QueryAsync(connection, CountTables)).ShouldBe(1L);

        await _provider.PrepareAsync(ProviderUses.Reminders | ProviderUses.Clustering, connection);
        (await QueryAsync(connection, CountTables)).ShouldBe(3L);
    }

    [ServiceFact]
    public async Task Statements_that_somebody_else_made_are_left_as_they_are()
    {
        var connection = await service.CreateDatabaseAsync("foreign");
        await ExecuteAsync(connection, """
            create table OrleansQuery (QueryKey varchar(64) primary key, QueryText varchar(8000) not null);
            insert into OrleansQuery values ('WriteToStorageKey', 'theirs'), ('ReadFromStorageKey', 'theirs'), ('ClearStorageKey', 'theirs'),
                ('DeleteStorageKey', 'theirs'), ('SomethingElseKey', 'theirs')
            """);

        await _provider.PrepareAsync(ProviderUses.GrainStorage, connection);
        (await QueryAsync(connection, CountTables)).ShouldBe(0L);

        // Beside them, what they lack.
        await _provider.PrepareAsync(ProviderUses.GrainStorage | ProviderUses.Reminders, connection);
        (await QueryAsync(connection, CountTables)).ShouldBe(1L);
        (await QueryAsync(connection, "select count(*) from orleansquery where querytext = 'theirs'")).ShouldBe(5L);
    }

    [ServiceFact]
    public async Task Half_a_set_of_somebody_elses_statements_is_told_and_not_mixed_with_ours()
    {
        var connection = await service.CreateDatabaseAsync("half");
        await ExecuteAsync(connection, """
            create table OrleansQuery (QueryKey varchar(64) primary key, QueryText varchar(8000) not null);
            insert into OrleansQuery values ('WriteToStorageKey', 'theirs'), ('ReadFromStorageKey', 'theirs'), ('ClearStorageKey', 'theirs')
            """);

        var error = await Should.ThrowAsync<StorageException>(() => _provider.PrepareAsync(ProviderUses.GrainStorage | ProviderUses.Reminders, connection));

        error.Message.ShouldContain("DeleteStorageKey");
        error.Message.ShouldContain("Search Path");
        (await QueryAsync(connection, CountTables)).ShouldBe(0L);
    }

    [ServiceFact]
    public async Task A_role_that_may_not_create_runs_on_what_is_there_and_is_told_what_is_not()
    {
        var connection = await service.CreateDatabaseAsync("guarded");
        await ExecuteAsync(connection, "create role guest login; revoke create on schema public from public");
        var guest = service.ConnectionTo("guarded", "guest");

        (await Should.ThrowAsync<StorageException>(() => _provider.PrepareAsync(ProviderUses.Reminders, guest))).Message.ShouldContain("grant it CREATE");

        await _provider.PrepareAsync(ProviderUses.Reminders, connection);
        await ExecuteAsync(connection, "grant select on orleansquery to guest");
        await _provider.PrepareAsync(ProviderUses.Reminders, guest);
    }

    [ServiceFact]
    public async Task A_schema_of_ones_own_is_found_through_the_search_path()
    {
        var database = await service.CreateDatabaseAsync("schemas");
        await ExecuteAsync(database, "create schema mine");

        await _provider.PrepareAsync(service.Uses, $"{database};Search Path=mine");

        (await QueryAsync(database, "select count(*) from pg_tables where schemaname = 'mine'")).ShouldBe(5L);
        (await QueryAsync(database, "select count(*) from pg_tables where schemaname = 'public'")).ShouldBe(0L);
    }

    [ServiceFact]
    public async Task A_server_that_acknowledges_before_it_writes_is_refused_for_storage_only()
    {
        var connection = await service.CreateDatabaseAsync("hasty");
        await ExecuteAsync(connection, "alter database hasty set synchronous_commit = off");

        (await Should.ThrowAsync<StorageException>(() => _provider.PrepareAsync(ProviderUses.GrainStorage, connection)))
            .Message.ShouldContain("synchronous_commit=on");

        await _provider.PrepareAsync(ProviderUses.Clustering | ProviderUses.Reminders, connection);
        await _provider.PrepareAsync(ProviderUses.GrainStorage, $"{connection};Options=-c synchronous_commit=on");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        var error = await Should.ThrowAsync<StorageException>(() =>
            _provider.PrepareAsync(ProviderUses.Clustering, "Host=127.0.0.1;Port=1;Database=x;Username=u;Password=secret;Timeout=2"));

        error.Message.ShouldContain("127.0.0.1:1");
        error.Message.ShouldNotContain("secret");
    }
}
