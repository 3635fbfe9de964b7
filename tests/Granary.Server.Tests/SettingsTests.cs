using System.Collections;
using System.Net;
using Granary.Hosting.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Granary.Server.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_settings_the_defaults_hold()
    {
        var settings = Read();

        settings.Address.ShouldBe(IPAddress.Loopback);
        settings.Port.ShouldBe(8000);
        settings.DataFolder.ShouldBe(Path.GetFullPath("./data"));
        settings.MaxSessions.ShouldBe(1000);
        settings.IdleTime.ShouldBe(TimeSpan.FromMinutes(30));
        settings.EvictionInterval.ShouldBe(TimeSpan.FromSeconds(60));
        settings.TurnBuffer.ShouldBe(5);
        settings.SessionsRecent.ShouldBe(5);
        settings.LogLevel.ShouldBe(LogLevel.Information);
        settings.AllowAnonymous.ShouldBeFalse();
        settings.WithoutEffect.ShouldBeEmpty();
    }

    [Fact]
    public void The_command_line_is_stronger_than_the_environment_that_than_the_file_and_that_than_the_json()
    {
        File.WriteAllText(Path.Combine(_folder, "my.json"), """{"Granary":{"Port":1,"MaxSessions":1,"TurnBuffer":1,"SessionsRecent":1}}""");
        File.WriteAllText(Path.Combine(_folder, ".env"), "GRANARY_CONFIG=my.json\nPORT=2\nMAX_SESSIONS=2\nK_TURN_BUFFER=2\n");

        var settings = Read(["--port", "4"], ("PORT", "3"), ("MAX_SESSIONS", "3"));

        settings.Port.ShouldBe(4);
        settings.MaxSessions.ShouldBe(3);
        settings.TurnBuffer.ShouldBe(2);
        settings.SessionsRecent.ShouldBe(1);
    }

    [Fact]
    public void Sections_are_another_name_and_empty_values_say_nothing()
    {
        var settings = Read([], ("Granary__Port", "9001"), ("PORT", ""), ("MAX_SESSIONS", " "), ("Granary__LogLevel", "warn"));

        settings.Port.ShouldBe(9001);
        settings.MaxSessions.ShouldBe(1000);
        settings.LogLevel.ShouldBe(LogLevel.Warning);
    }

    [Fact]
    public void The_stronger_source_wins_whichever_of_the_two_names_it_uses()
    {
        File.WriteAllText(Path.Combine(_folder, ".env"), "PORT=2\nMAX_SESSIONS=2\nK_TURN_BUFFER=2\n");

        var settings = Read(["--Granary:Port=4"], ("PORT", "3"), ("Granary__MaxSessions", "3"), ("K_TURN_BUFFER", ""));

        settings.Port.ShouldBe(4);
        settings.MaxSessions.ShouldBe(3);
        settings.TurnBuffer.ShouldBe(2);
    }

    [Fact]
    public void Variables_whose_names_differ_in_case_alone_are_no_error() => Read([], ("http_proxy", "a"), ("HTTP_PROXY", "b")).Port.ShouldBe(8000);

    [Theory]
    [InlineData("PORT", "http", "PORT (Granary:Port) must be a whole number from 0 to 65535, not 'http'.")]
    [InlineData("PORT", "65536", "PORT (Granary:Port)")]
    [InlineData("MAX_SESSIONS", "0", "MAX_SESSIONS (Granary:MaxSessions)")]
    [InlineData("MAX_SESSIONS", "1e3", "MAX_SESSIONS (Granary:MaxSessions)")]
    [InlineData("SESSION_TTL_MINUTES", "0", "SESSION_TTL_MINUTES (Granary:SessionTtlMinutes)")]
    [InlineData("SESSION_TTL_MINUTES", "NaN", "SESSION_TTL_MINUTES (Granary:SessionTtlMinutes)")]
    [InlineData("EVICTION_INTERVAL_SECONDS", "-1", "EVICTION_INTERVAL_SECONDS (Granary:EvictionIntervalSeconds)")]
    [InlineData("K_TURN_BUFFER", "0", "K_TURN_BUFFER (Granary:TurnBuffer)")]
    [InlineData("L_TURN_CHUNKS", "0", "L_TURN_CHUNKS (Granary:Reflection:ChunkTurns)")]
    [InlineData("REFLECTION_THRESHOLD_TURNS", "x", "REFLECTION_THRESHOLD_TURNS (Granary:Reflection:ThresholdTurns)")]
    [InlineData("M_SESSIONS_RECENT", "101", "M_SESSIONS_RECENT (Granary:SessionsRecent)")]
    [InlineData("LOG_LEVEL", "LOUD", "LOG_LEVEL (Granary:LogLevel) must be TRACE")]
    [InlineData("ALLOW_ANONYMOUS", "maybe", "ALLOW_ANONYMOUS (Granary:AllowAnonymous) must be true or false")]
    [InlineData("HOST", "memory.example", "HOST (Granary:Host) must be an IP address or localhost")]
    [InlineData("Granary__MaxEventStrems", "5", "Granary:MaxEventStrems is not a setting. There are: AllowAnonymous")]
    public void A_wrong_setting_is_told_by_name(string name, string value, string message) =>
        Should.Throw<SettingException>(() => Read([], (name, value))).Message.ShouldStartWith(message);

    [Fact]
    public void What_becomes_of_memories_can_be_set()
    {
        var options = LifecycleSettings.Read(Configuration(("Granary__Memories__ArchiveInactiveDays", "90"), ("Granary__Memories__PurgeArchivedDays", "30")));
        (options.ArchiveInactiveDays, options.PurgeArchivedDays, options.PurgeDeletedDays).ShouldBe((90, 30, 30));
    }

    [Theory]
    [InlineData("ArchiveInactiveDays", "0", "Granary:Memories: MemoryLifecycleOptions.ArchiveInactiveDays must be 1 to 36500 days")]
    [InlineData("PurgeDeletedDays", "29", "Granary:Memories: MemoryLifecycleOptions.PurgeDeletedDays must be 30 to 36500 days")]
    [InlineData("PurgeDays", "1", "Granary:Memories:")]
    public void What_memories_cannot_live_by_is_told(string name, string value, string message) =>
        Should.Throw<SettingException>(() => LifecycleSettings.Read(Configuration(("Granary__Memories__" + name, value)))).Message.ShouldStartWith(message);

    [Theory]
    [InlineData(new[] { "9000" }, "'9000' is not an option")]
    [InlineData(new[] { "--prot", "9000" }, "--prot is not an option")]
    [InlineData(new[] { "--port" }, "--port needs a value")]
    [InlineData(new[] { "--config", "nowhere.json" }, "--config (GRANARY_CONFIG): there is no file 'nowhere.json'.")]
    public void A_wrong_option_is_told(string[] arguments, string message) =>
        Should.Throw<SettingException>(() => Read(arguments)).Message.ShouldStartWith(message);

    [Theory]
    [InlineData("--port=9", "9")]
    [InlineData("--PORT=9", "9")]
    [InlineData("--Granary:Port=9", "9")]
    public void Options_have_several_forms(string argument, string port) => Read([argument]).Port.ToString().ShouldBe(port);

    [Fact]
    public void Names_of_what_is_not_there_yet_are_told() =>
        Read([], ("RELOAD", "true")).WithoutEffect.ShouldBe(["RELOAD"]);

    [Theory]
    [InlineData("0.0.0.0", false, false, false)]
    [InlineData("0.0.0.0", true, false, true)]
    [InlineData("0.0.0.0", false, true, true)]
    [InlineData("::", false, false, false)]
    [InlineData("192.168.1.5", false, false, false)]
    [InlineData("*", false, false, false)]
    [InlineData("127.0.0.1", false, false, true)]
    [InlineData("::1", false, false, true)]
    [InlineData("localhost", false, false, true)]
    public void An_address_that_others_reach_needs_keys_or_a_word(string host, bool hasKeys, bool allowed, bool starts)
    {
        var settings = Read([], ("HOST", host), ("ALLOW_ANONYMOUS", allowed ? "true" : "false"));

        if (starts)
        {
            settings.RequireProtection(hasKeys);
        }
        else
        {
            var message = Should.Throw<SettingException>(() => settings.RequireProtection(hasKeys)).Message;
            message.ShouldContain("key new");
            message.ShouldContain("HOST=127.0.0.1");
            message.ShouldContain("ALLOW_ANONYMOUS=true");
        }
    }

    [Fact]
    public void Memory_resources_are_read_with_their_defaults()
    {
        var resources = ResourceSettings.Read(Configuration(
            ("Granary__Resources__support__Compaction__TurnBuffer", "8"),
            ("Granary__Resources__support__Compaction__Strategy", "HybridSummary"),
            ("Granary__Resources__support__Privacy__RedactPatterns__0", "[0-9]{16}"),
            ("Granary__Resources__support__eviction__priority_keywords__0", "urgent"),
            ("Granary__Resources__support__ReadOnly", "true"),
            ("Granary__Resources__1__Name", "long"),
            ("Granary__Resources__1__Allocation__System", "0.1"),
            ("Granary__Resources__1__Allocation__LongTerm", "0.2"),
            ("Granary__Resources__1__Allocation__ShortTerm", "0.6"),
            ("Granary__Resources__1__Allocation__UserDefined", "0.1")));

        var @long = resources.Single(resource => resource.Name == "long");
        var support = resources.Single(resource => resource.Name == "support");
        @long.Allocation.ShouldBe(new AllocationPolicy(0.1, 0.2, 0.6, 0.1));
        @long.Compaction.ShouldBe(new CompactionPolicy());
        support.Compaction.ShouldBe(new CompactionPolicy { TurnBuffer = 8, Strategy = CompactionStrategy.HybridSummary });
        support.Privacy.RedactPatterns.ShouldBe(["[0-9]{16}"]);
        support.Privacy.RedactionString.ShouldBe("[REDACTED]");
        support.Eviction.PriorityKeywords.ShouldBe(["urgent"]);
        support.ReadOnly.ShouldBeTrue();
    }

    [Theory]
    [InlineData("Granary__Resources__r__Compaction__TurnBufer", "8", "Granary:Resources:r:Compaction:TurnBufer is not a setting. There are: strategy, turn_buffer")]
    [InlineData("Granary__Resources__r__Compaction__TurnBuffer", "many", "Granary:Resources:r:Compaction:TurnBuffer must be a whole number, not 'many'.")]
    [InlineData("Granary__Resources__r__Compaction__Strategy", "magic", "Granary:Resources:r:Compaction:Strategy must be one of turn_buffer")]
    [InlineData("Granary__Resources__r__ReadOnly", "perhaps", "Granary:Resources:r:ReadOnly must be true or false")]
    [InlineData("Granary__Resources__0__ReadOnly", "true", "Granary:Resources:0:Name is required.")]
    public void A_wrong_memory_resource_is_told_by_name(string name, string value, string message) =>
        Should.Throw<SettingException>(() => ResourceSettings.Read(Configuration((name, value)))).Message.ShouldStartWith(message);

    private ServerSettings Read(string[]? arguments = null, params (string Name, string Value)[] environment) =>
        ServerSettings.Read(Configuration(arguments ?? [], environment));

    private IConfigurationRoot Configuration(params (string Name, string Value)[] environment) => Configuration([], environment);

    private IConfigurationRoot Configuration(string[] arguments, (string Name, string Value)[] environment) =>
        ServerConfiguration.Read(arguments, _folder, new Hashtable(environment.ToDictionary(entry => entry.Name, entry => entry.Value)));
}
