using System.Net;
using Granary.Core.Storage.Paged;
using Granary.Hosting.Settings;
using Granary.Http.Identity;
using Granary.Silo.Settings;
using Granary.Storage.Postgres;
using static Granary.Silo.Tests.SettingsFixture;

namespace Granary.Silo.Tests;

public sealed class SiloSettingsTests
{
    private static readonly (string, string)[] Cluster = [("CLUSTERING", "adonet"), ("CLUSTERING_CONNECTION", Postgres), ("STORAGE", "postgres"), ("ADVERTISED_ADDRESS", "127.0.0.1")];

    [Fact]
    public void Without_settings_there_is_one_silo_over_sqlite_on_a_free_port()
    {
        var settings = Read();

        settings.Clustering.Name.ShouldBe("localhost");
        settings.Storage.Name.ShouldBe("sqlite");
        settings.Reminders.Name.ShouldBe("memory");
        settings.IsAlone.ShouldBeTrue();
        settings.Address.ShouldBe(IPAddress.Loopback);
        settings.SiloPort.ShouldBe(0);
        settings.GatewayPort.ShouldBe(0);
        settings.ClusterId.ShouldBe("granary");
        settings.ServiceId.ShouldBe("granary");
        settings.Tls.ShouldBeNull();
        settings.Dashboard.ShouldBeFalse();
        settings.DrainTime.ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_cluster_needs_one_connection_string_where_all_is_kept_in_one_place()
    {
        var settings = Read(Cluster);

        settings.IsAlone.ShouldBeFalse();
        settings.Clustering.Connection.ShouldBe(Postgres);
        settings.Storage.Connection.ShouldBe(Postgres);
        settings.Reminders.ShouldBe(settings.Clustering);
        settings.SiloPort.ShouldBe(11111);
    }

    [Fact]
    public void What_is_set_for_one_use_holds_for_that_use_alone()
    {
        const string Other = "Host=127.0.0.1;Database=other;Username=granary";
        var settings = Read([.. Cluster, ("STORAGE_CONNECTION", Other), ("REMINDERS", "redis"), ("REMINDERS_CONNECTION", "localhost:6379")]);

        settings.Clustering.Connection.ShouldBe(Postgres);
        settings.Storage.Connection.ShouldBe(Other);
        settings.Reminders.Name.ShouldBe("redis");
        settings.Reminders.Connection.ShouldBe("localhost:6379");
    }

    [Fact]
    public void The_memory_of_one_silo_may_be_kept_through_any_grain_storage()
    {
        var settings = Read(("STORAGE", "adonet"), ("STORAGE_CONNECTION", Postgres));

        settings.IsAlone.ShouldBeTrue();
        settings.Storage.Provider.ShouldNotBeNull();
        settings.Reminders.Name.ShouldBe("memory");
    }

    [Fact]
    public void Sections_are_another_name()
    {
        var settings = Read(("Granary__Cluster__ClusterId", "blue"), ("Granary__Cluster__DrainSeconds", "5"));

        settings.ClusterId.ShouldBe("blue");
        settings.DrainTime.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("CLUSTERING", "zookeeper", "CLUSTERING (Granary:Cluster:Clustering) must be one of localhost, adonet, redis, cosmos, not 'zookeeper'.")]
    [InlineData("STORAGE", "mongo", "STORAGE (Granary:Cluster:Storage) must be one of sqlite, postgres, adonet, redis, cosmos, not 'mongo'.")]
    [InlineData("REMINDERS", "cron", "REMINDERS (Granary:Cluster:Reminders) must be one of memory, adonet, redis, cosmos, not 'cron'.")]
    [InlineData("CLUSTERING", "adonet", "CLUSTERING is adonet, which needs a connection: set CLUSTERING_CONNECTION")]
    [InlineData("STORAGE", "postgres", "STORAGE is postgres, which needs a connection: set STORAGE_CONNECTION")]
    [InlineData("STORAGE", "redis", "STORAGE is redis, which needs a connection: set STORAGE_CONNECTION")]
    [InlineData("REMINDERS", "adonet", "REMINDERS is adonet, which needs a connection: set REMINDERS_CONNECTION")]
    [InlineData("CLUSTERING_CONNECTION", "Host=x", "CLUSTERING_CONNECTION is set, but CLUSTERING is localhost")]
    [InlineData("STORAGE_CONNECTION", "Host=x", "STORAGE_CONNECTION is set, but STORAGE is sqlite")]
    [InlineData("SILO_PORT", "65536", "SILO_PORT (Granary:Cluster:SiloPort) must be a whole number from 0 to 65535, not '65536'.")]
    [InlineData("GATEWAY_PORT", "-1", "GATEWAY_PORT (Granary:Cluster:GatewayPort) must be a whole number")]
    [InlineData("SILO_PORT", "8000", "SILO_PORT and PORT are both 8000: give each a port of its own.")]
    [InlineData("GATEWAY_PORT", "8000", "GATEWAY_PORT and PORT are both 8000")]
    [InlineData("ADVERTISED_ADDRESS", "silo-1", "ADVERTISED_ADDRESS (Granary:Cluster:AdvertisedAddress) must be an IP address of this machine, not 'silo-1'.")]
    [InlineData("ADVERTISED_ADDRESS", "0.0.0.0", "ADVERTISED_ADDRESS (Granary:Cluster:AdvertisedAddress) must be an IP address of this machine")]
    [InlineData("ADVERTISED_ADDRESS", "203.0.113.9", "ADVERTISED_ADDRESS is 203.0.113.9, but with CLUSTERING=localhost no other silo can join")]
    [InlineData("CLUSTER_ID", "a/b", "CLUSTER_ID (Granary:Cluster:ClusterId) must be 1 to 64 letters")]
    [InlineData("SERVICE_ID", "-a", "SERVICE_ID (Granary:Cluster:ServiceId) must be 1 to 64 letters")]
    [InlineData("DRAIN_SECONDS", "0", "DRAIN_SECONDS (Granary:Cluster:DrainSeconds) must be a whole number from 1 to 3600")]
    [InlineData("DASHBOARD", "perhaps", "DASHBOARD (Granary:Cluster:Dashboard) must be true or false")]
    [InlineData("SILO_TLS_PASSWORD", "secret", "SILO_TLS_PASSWORD is set, but SILO_TLS_CERTIFICATE is not")]
    [InlineData("SILO_TLS_HOST", "silo", "SILO_TLS_HOST is set, but SILO_TLS_CERTIFICATE is not")]
    [InlineData("SILO_TLS_CA", "ca.pem", "SILO_TLS_CA is set, but SILO_TLS_CERTIFICATE is not")]
    [InlineData("Granary__Paged__LogRun", "0", "Granary:Paged:LogRun is 0: set it to 1 to 64.")]
    [InlineData("Granary__Paged__HeadCacheBytes", "-1", "Granary:Paged:HeadCacheBytes is -1: set it to 0 or more.")]
    [InlineData("Granary__Paged__PageCacheBytes", "much", "Granary:Paged: ")]
    [InlineData("Granary__Paged__Parallelism", "65", "Granary:Paged:Parallelism is 65: set it to 1 to 64.")]
    [InlineData("Granary__Paged__LogRuns", "4", "Granary:Paged: ")]
    [InlineData("Granary__Cluster__SiloPrt", "1", "Granary:Cluster:SiloPrt is not a setting. There are: AdvertisedAddress")]
    public void A_wrong_setting_is_told_by_name(string name, string value, string message) => WhyNot((name, value)).ShouldStartWith(message);

    [Fact]
    public void Sqlite_is_for_one_silo_alone() =>
        WhyNot(("CLUSTERING", "adonet"), ("CLUSTERING_CONNECTION", Postgres)).ShouldStartWith("STORAGE is sqlite, which one silo alone can use, but CLUSTERING is adonet: set STORAGE to postgres");

    [Fact]
    public void Reminders_in_memory_are_for_one_silo_alone() =>
        WhyNot([.. Cluster, ("REMINDERS", "memory")]).ShouldStartWith("REMINDERS is memory, which other silos cannot see, but CLUSTERING is adonet: set REMINDERS to adonet, redis, cosmos");

    [Fact]
    public void A_connection_string_that_the_technology_cannot_read_is_told_without_repeating_it()
    {
        var message = WhyNot(("CLUSTERING", "adonet"), ("CLUSTERING_CONNECTION", "Hos=x;Password=secret"));

        message.ShouldStartWith("CLUSTERING_CONNECTION (Granary:Cluster:ClusteringConnection), the connection of CLUSTERING=adonet, is wrong: ");
        message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("SILO_PORT", "4000", "GATEWAY_PORT", "4000", "SILO_PORT and GATEWAY_PORT are both 4000")]
    [InlineData("PORT", "11111", "DRAIN_SECONDS", "1", "SILO_PORT and PORT are both 11111")]
    public void Ports_are_different(string one, string value, string other, string second, string message) =>
        WhyNot([.. Cluster, (one, value), (other, second)]).ShouldStartWith(message);

    [Fact]
    public void Ports_that_are_chosen_at_the_start_do_not_collide() => Read(("SILO_PORT", "0"), ("GATEWAY_PORT", "0"), ("PORT", "0")).SiloPort.ShouldBe(0);

    [Fact]
    public void An_address_of_another_machine_is_told_with_those_of_this_one() =>
        WhyNot([.. Cluster, ("ADVERTISED_ADDRESS", "203.0.113.9")]).ShouldStartWith("ADVERTISED_ADDRESS 203.0.113.9 is no address of this machine, which has ");

    [Fact]
    public void The_loopback_address_is_refused_where_http_is_offered_to_others() =>
        WhyNot([.. Cluster, ("HOST", "0.0.0.0"), ("ALLOW_ANONYMOUS", "true")]).ShouldStartWith("ADVERTISED_ADDRESS is 127.0.0.1, which silos of other machines cannot reach, while HOST is 0.0.0.0");

    [Theory]
    [InlineData("CLUSTERING", "redis", "WithRedis")]
    [InlineData("STORAGE", "cosmos", "WithCosmos")]
    [InlineData("REMINDERS", "adonet", "WithAdoNet")]
    public void What_was_left_out_of_the_build_is_told_with_the_way_to_have_it(string setting, string name, string property)
    {
        var message = Should.Throw<SettingException>(() => Read([], (setting, name), (setting + "_CONNECTION", Postgres))).Message;

        message.ShouldStartWith($"{setting} is {name}, but this program was built without it: build it with -p:{property}=true");
    }

    [Theory]
    [InlineData("adonet", null, 16)]
    [InlineData("cosmos", null, 8)]
    [InlineData("cosmos", "4", 4)]
    [InlineData("redis", "4", 4)]
    public void The_head_of_the_store_over_grain_storage_is_shorter_where_bytes_are_paid_for_unless_set(string storage, string? set, int run)
    {
        (string, string)[] environment = [("Granary__Paged__HeadCacheBytes", "1000"), .. set is null ? [] : new[] { ("Granary__Paged__LogRun", set) }];
        var options = new PagedStoreOptions();

        PagedSettings.Fill(options, Host(environment).Configuration, new Backend(storage, "", null));

        (options.LogRun, options.HeadCacheBytes, options.PageCacheBytes).ShouldBe((run, 1000, 64 * 1024 * 1024));
    }

    [Theory]
    [InlineData("docs/service.md")]
    [InlineData("docs/cluster.md")]
    public void The_documentation_names_every_setting_of_the_silo(string page)
    {
        var text = File.ReadAllText(InRepository(page));

        ClusterSettings.All.ShouldAllBe(setting => text.Contains($"`{setting.Name}`"));
        ClusterSettings.Sections.ShouldAllBe(section => text.Contains($"`Granary:{section}`") || text.Contains($"`{section}:"));
    }

    [Fact]
    public void The_documentation_tells_the_defaults_of_the_stores_settings()
    {
        var text = File.ReadAllText(InRepository("docs/cluster.md"));
        var (postgres, paged) = (new PostgresStoreOptions(), new PagedStoreOptions());

        text.ShouldContain($"| `Postgres:Schema` | `{postgres.Schema}` |");
        text.ShouldContain($"| `Postgres:Writers`, `Postgres:MaxReaders` | {postgres.Writers}, {postgres.MaxReaders} |");
        text.ShouldContain($"| {postgres.MaxGroupCommits}, {postgres.MaxGroupBytes >> 20} MiB, {postgres.GatherTime.TotalMilliseconds} ms |");
        text.ShouldContain($"| `Postgres:CommandTimeout` | {postgres.CommandTimeout.TotalSeconds} s |");
        text.ShouldContain($"| `Paged:LogRun` | {paged.LogRun}; with `cosmos` 8 |");
        text.ShouldContain($"| `Paged:HeadCacheBytes`, `Paged:PageCacheBytes` | {paged.HeadCacheBytes >> 20} MiB each |");
        text.ShouldContain($"| `Paged:Parallelism` | {paged.Parallelism} |");
        paged.PageCacheBytes.ShouldBe(paged.HeadCacheBytes);
    }

    [Fact]
    public void The_example_of_settings_names_every_one()
    {
        var text = File.ReadAllText(InRepository(".env.example"));
        ClusterSettings.All.ShouldAllBe(setting => text.Contains($"\n# {setting.Name}={setting.Default}\n"));
        ClusterSettings.Sections.ShouldAllBe(section => text.Contains($"Granary__{section}__"));
    }

    [Fact]
    public void A_backend_does_not_print_its_password() =>
        Read(("STORAGE", "postgres"), ("STORAGE_CONNECTION", Postgres + ";Password=secret")).Storage.ToString().ShouldBe("postgres");

    [Theory]
    [InlineData("127.0.0.1", null, false, true)]
    [InlineData("127.0.0.1", "service", false, true)]
    [InlineData("0.0.0.0", null, true, false)]
    [InlineData("0.0.0.0", "user", false, false)]
    [InlineData("0.0.0.0", "service", false, true)]
    public void The_dashboard_beyond_loopback_needs_a_service_key(string host, string? key, bool anonymous, bool starts)
    {
        (string, string)[] settings = [("DASHBOARD", "true"), ("HOST", host), ("ALLOW_ANONYMOUS", anonymous ? "true" : "false"), .. Key(key)];

        if (starts)
        {
            Read(settings).Dashboard.ShouldBeTrue();
        }
        else
        {
            WhyNot(settings).ShouldStartWith("DASHBOARD is true and HOST is 0.0.0.0, which others can reach, but there is no service key");
        }
    }

    private static string InRepository(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, ".env.example")))
        {
            folder = Path.GetDirectoryName(folder).ShouldNotBeNull();
        }

        return Path.Combine(folder, file);
    }

    private static (string, string)[] Key(string? kind) => kind switch
    {
        null => [],
        "user" => [("Granary__Keys__0__Hash", ApiKey.Create().Hash), ("Granary__Keys__0__Tenant", "acme"), ("Granary__Keys__0__User", "ada")],
        _ => [("Granary__Keys__0__Hash", ApiKey.Create().Hash), ("Granary__Keys__0__Tenant", "acme")],
    };
}
