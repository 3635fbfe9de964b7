using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Granary.Storage.Sqlite.Tests;

public sealed class OpeningTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task A_second_store_on_the_folder_is_refused_with_its_name_and_the_fix_until_the_first_is_closed()
    {
        var first = Open();

        var error = Should.Throw<StoreInUseException>(() => Open());
        error.Message.ShouldContain(_folder.Path);
        error.Message.ShouldContain("Granary:Sqlite:Folder");

        await first.WriteAsync("p", PartitionVersion.None);
        await first.DisposeAsync();
        await using var second = Open();
        (await second.VersionAsync("p")).ShouldNotBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_missing_folder_is_made_for_its_owner_alone()
    {
        var folder = Path.Combine(_folder.Path, "a", "b");

        await using var store = Open(folder);

        File.Exists(Path.Combine(folder, "granary.db")).ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused_with_the_fix()
    {
        var file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "in the way");

        var error = Should.Throw<StoreOpenException>(() => Open(Path.Combine(file, "data")));

        error.ShouldNotBeOfType<StoreInUseException>();
        error.Message.ShouldContain(Path.Combine(file, "data"));
        error.Message.ShouldContain("make it writable for this user, or set Granary:Sqlite:Folder");
    }

    [LinuxRootFact]
    public void A_folder_on_a_read_only_disk_is_refused_with_the_fix()
    {
        using var disk = new SmallDisk(megabytes: 1);
        disk.MakeReadOnly();

        Should.Throw<StoreOpenException>(() => Open(disk.Path)).Message.ShouldContain("make it writable for this user");
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_both_versions_and_left_as_it_is()
    {
        await Open().DisposeAsync();
        Change("PRAGMA user_version = 7");
        var before = await File.ReadAllBytesAsync(_folder.Database);

        var error = Should.Throw<StoreOpenException>(() => Open());

        error.Message.ShouldContain("schema version 7");
        error.Message.ShouldContain("up to 1");
        error.Message.ShouldContain("start a newer release");
        (await File.ReadAllBytesAsync(_folder.Database)).ShouldBe(before);
        Change("PRAGMA user_version = 1");
        await Open().DisposeAsync();
    }

    [Fact]
    public void A_database_of_another_program_is_refused_and_left_as_it_is()
    {
        Change("CREATE TABLE theirs(x)");

        Should.Throw<StoreOpenException>(() => Open()).Message.ShouldContain("another program");

        Change("INSERT INTO theirs VALUES (1)");
        File.Exists(_folder.Log).ShouldBeFalse();
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(_folder.Database, new string('x', 10_000));

        Should.Throw<StoreOpenException>(() => Open()).Message.ShouldContain("damaged");
        Should.Throw<StoreOpenException>(() => Open()).ShouldNotBeOfType<StoreInUseException>();
    }

    [Fact]
    public async Task The_file_says_whose_it_is_and_which_version()
    {
        await Open().DisposeAsync();

        using var database = Database.Open(_folder.Database, OpenMode.Write, TimeSpan.FromSeconds(5));
        database.QueryNumber("PRAGMA application_id").ShouldBe(0x4772616E);
        database.QueryNumber("PRAGMA user_version").ShouldBe(1);
        database.QueryText("PRAGMA journal_mode").ShouldBe("wal");
    }

    [Fact]
    public async Task The_writer_syncs_each_transaction_and_overwrites_what_it_deletes()
    {
        await using var probe = new StoreProbe(_folder.Path);
        var found = new List<long>();
        probe.Hooks.BeforeGroup = database => found.AddRange(
            [database.QueryNumber("PRAGMA synchronous"), database.QueryNumber("PRAGMA fullfsync"), database.QueryNumber("PRAGMA secure_delete")]);

        await probe.Store.ProbeAsync();

        const int full = 2;
        found.ShouldBe([full, 1, 1]);
    }

    [Fact]
    public async Task Maintenance_queries_use_the_index_of_due_partitions()
    {
        await Open().DisposeAsync();

        using var database = Database.Open(_folder.Database, OpenMode.Write, TimeSpan.FromSeconds(5));
        using var plan = database.Prepare(
            "EXPLAIN QUERY PLAN SELECT id, due, erased_at FROM partitions WHERE shard = ?1 AND due <= ?2 ORDER BY due LIMIT ?3");
        plan.Step().ShouldBeTrue();
        plan.Text(3).ShouldContain("due_partitions (shard=? AND due<?)");
        plan.Step().ShouldBeFalse();
    }

    [Theory]
    [InlineData("Folder")]
    [InlineData("MaxGroupCommits")]
    [InlineData("MaxGroupBytes")]
    [InlineData("GatherTime")]
    [InlineData("MaxReaders")]
    [InlineData("WriterCacheKiB")]
    [InlineData("CheckpointPages")]
    [InlineData("CompactLimit")]
    public void A_setting_out_of_range_is_refused_by_name(string setting)
    {
        var options = new SqliteStoreOptions { Folder = _folder.Path };
        object wrong = typeof(SqliteStoreOptions).GetProperty(setting)!.PropertyType switch
        {
            var type when type == typeof(string) => "",
            var type when type == typeof(TimeSpan) => TimeSpan.FromSeconds(-1),
            var type when type == typeof(long) => -1L,
            _ => 0,
        };
        typeof(SqliteStoreOptions).GetProperty(setting)!.SetValue(options, wrong);

        Should.Throw<ArgumentException>(() => new SqlitePartitionStore(options)).Message.ShouldContain($"Granary:Sqlite:{setting}");
    }

    [Fact]
    public async Task Services_open_one_store_with_their_clock_and_close_it()
    {
        var services = new ServiceCollection();
        services.AddGranarySqlite(options => options.Folder = _folder.Path);
        await using (var provider = services.BuildServiceProvider())
        {
            var store = provider.GetRequiredService<IPartitionStore>();
            store.ShouldBeSameAs(provider.GetRequiredService<SqlitePartitionStore>());
            await store.WriteAsync("p", PartitionVersion.None);
        }

        await using var again = Open();
        (await again.VersionAsync("p")).ShouldNotBe(PartitionVersion.None);
    }

    [Fact]
    public void Services_refuse_a_wrong_setting_when_the_host_starts()
    {
        var services = new ServiceCollection();
        services.AddGranarySqlite(options => options.MaxReaders = 0);
        using var provider = services.BuildServiceProvider();

        Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())
            .Message.ShouldContain("Granary:Sqlite:MaxReaders");
    }

    private SqlitePartitionStore Open(string? folder = null) => new(new SqliteStoreOptions { Folder = folder ?? _folder.Path });

    private void Change(string sql)
    {
        using var database = Database.Open(_folder.Database, OpenMode.Create, TimeSpan.FromSeconds(5));
        database.Execute(sql);
    }

    public void Dispose() => _folder.Dispose();
}
