using Granary.Providers.Postgres;
using Npgsql;

namespace Granary.Providers.Tests.Postgres;

public sealed class PostgresProviderOptionsTests
{
    private const string Connection = "Host=db;Username=granary;Password=hunter2";

    [Fact]
    public void The_defaults_need_only_a_database() => new PostgresProviderOptions { ConnectionString = Connection }.Problem().ShouldBeNull();

    [Theory]
    [InlineData("postgres://ada:p%40ss@db.example:5433/memories?sslmode=require", "db.example", 5433, "ada", "p@ss", "memories")]
    [InlineData("postgresql://db/memories", "db", 5432, null, null, "memories")]
    [InlineData("Host=db;Port=5433;Username=ada;Password=x;Database=m", "db", 5433, "ada", "x", "m")]
    public void A_database_is_read_as_settings_or_as_an_address(string text, string host, int port, string? user, string? password, string database)
    {
        var parts = ConnectionText.Parse(text)!;
        (parts.Host, parts.Port, parts.Username, parts.Password, parts.Database).ShouldBe((host, port, user, password, database));
    }

    [Fact]
    public void Settings_of_an_address_are_taken_as_they_are_written()
    {
        var parts = ConnectionText.Parse(
            "postgres://db/m?user=a-b&password=ab-c%26d&sslmode=verify-full&sslrootcert=/etc/my-ca.pem&channel_binding=require"
            + "&target_session_attrs=read-write&application_name=my-app&connect_timeout=7")!;
        (parts.Username, parts.Password, parts.ApplicationName, parts.Timeout).ShouldBe(("a-b", "ab-c&d", "my-app", 7));
        (parts.SslMode, parts.RootCertificate, parts.ChannelBinding).ShouldBe((SslMode.VerifyFull, "/etc/my-ca.pem", ChannelBinding.Require));
        parts.TargetSessionAttributes.ShouldBe("read-write");
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("Password=hunter2", "names no server")]
    [InlineData("Host=db;Password=hunter2;Hots=x", "not understood")]
    [InlineData("hunter2", "not understood")]
    [InlineData("postgres://ada:hunter2@/x?nonsense=1", "not understood")]
    [InlineData("postgres://ada:hunter2@db/x?sslmode=hunter2", "not understood")]
    public void A_database_that_cannot_be_read_is_refused_without_repeating_it(string text, string why)
    {
        var problem = new PostgresProviderOptions { ConnectionString = text }.Problem()!;
        problem.ShouldContain(why);
        problem.ShouldNotContain("hunter2");
        Should.Throw<ArgumentException>(() => new PostgresMemoryProvider(new PostgresProviderOptions { ConnectionString = text })).Message.ShouldContain(why);
    }

    public static TheoryData<string, Action<PostgresProviderOptions>> Wrong => new()
    {
        { "Name", options => options.Name = "a b" },
        { "Schema", options => options.Schema = "Robert\"; DROP" },
        { "Schema", options => options.Schema = "pg_memory" },
        { "Schema", options => options.Schema = "" },
        { "MaxConnections", options => options.MaxConnections = 0 },
        { "CommandTimeout", options => options.CommandTimeout = TimeSpan.Zero },
        { "EmbeddingTimeout", options => options.EmbeddingTimeout = TimeSpan.FromHours(1) },
        { "ExactVectors", options => options.ExactVectors = -1 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_setting_out_of_range_is_named(string setting, Action<PostgresProviderOptions> spoil)
    {
        var options = new PostgresProviderOptions { ConnectionString = Connection };
        spoil(options);
        options.Problem()!.ShouldStartWith(setting);
    }
}
