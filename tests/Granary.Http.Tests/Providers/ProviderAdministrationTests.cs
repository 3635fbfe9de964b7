using System.Text.Json.Nodes;
using Granary.Conformance.Http;
using Granary.Http.Identity;

namespace Granary.Http.Tests.Providers;

/// <summary>The routes about memory providers themselves.</summary>
public sealed class ProviderAdministrationTests(ProviderFixture fixture) : HttpConformance<ProviderFixture>(fixture)
{
    private const string Three = """{"name":"three","provider_type":"mock","connection_name":"three","priority":5,"timeout":7,"metadata":{"owner":"ops"}}""";

    [Fact]
    public async Task A_provider_is_registered_used_switched_failed_over_from_and_removed()
    {
        await using var server = await Fixture.StartAsync();
        var api = server.As(User);
        (await api.GetAsync("/providers/"))["providers"]!.AsArray().Select(provider => (string?)provider!["name"]).ShouldBe(["one", "two"]);
        var registered = (await api.PostAsync("/providers/register", Three)).ShouldBe(201);
        registered.Header("Location").ShouldBe("/providers/three/health");
        ((string?)registered["status"], (int?)registered["timeout"], (bool?)registered["from_settings"]).ShouldBe(("registered", 7, false));
        (await api.PostAsync("/providers/register", Three)).ShouldBeProblem(409, "already_exists");

        // Among providers that are well the priority decides; of one that was never checked nothing is known.
        (await api.GetAsync("/providers/three/health?check=true")).ShouldBe(200);
        (await ProviderOfAsync()).ShouldBe("three");

        var next = (await api.PostAsync("/providers/three/failover", "")).ShouldBe(200);
        ((string?)next["from"], (string?)next["to"]).ShouldBe(("three", "one"));
        (await StatusOfAsync("three")).ShouldBe("inactive");
        (await ProviderOfAsync()).ShouldBe("one");
        (await api.PostAsync("/providers/three/enable", "")).ShouldBe(200);
        (await api.PostAsync("/providers/one/disable", "")).ShouldBe(200);
        (await api.PostAsync("/providers/two/disable", "")).ShouldBe(200);
        (await api.PostAsync("/providers/three/failover", "")).ShouldBeProblem(503, "provider_unavailable");
        (await api.DeleteAsync("/providers/one")).ShouldBeProblem(409, "already_exists");
        (await api.DeleteAsync("/providers/three")).ShouldBe(204);
        (await api.DeleteAsync("/providers/three")).ShouldBeProblem(404, "not_found");
        (await api.PostAsync("/memory/remember", """{"content":"nobody is there"}""")).ShouldBeProblem(503, "provider_unavailable");
        (await api.GetAsync("/providers/health")).ShouldBe(503);

        var audit = (await api.GetAsync("/providers/security/audit?limit=100")).ShouldBe(200)["entries"]!.AsArray();
        audit.Select(entry => $"{entry!["action"]} {entry["provider"]} {entry["outcome"]} {entry["actor"]}").ShouldBe(
        [
            "provider:delete three not_found anonymous",
            "provider:delete three ok anonymous",
            "provider:delete one already_exists anonymous",
            "provider:admin three provider_unavailable anonymous",
            "provider:deactivate two ok anonymous",
            "provider:deactivate one ok anonymous",
            "provider:activate three ok anonymous",
            "provider:admin three ok anonymous",
            "provider:register three already_exists anonymous",
            "provider:register three ok anonymous",
        ]);
        (await api.GetAsync("/providers/security/audit?provider=two"))["entries"]!.AsArray().Count.ShouldBe(1);

        async Task<string?> ProviderOfAsync() =>
            (string?)(await api.PostAsync("/memory/remember", $$"""{"content":"{{Guid.NewGuid()}}"}""")).ShouldBe(200)["substrate_metadata"]!["provider"];

        async Task<string?> StatusOfAsync(string name) =>
            (string?)(await api.GetAsync("/providers"))["providers"]!.AsArray().Single(provider => (string?)provider!["name"] == name)!["status"];
    }

    [Fact]
    public async Task Health_and_statistics_tell_what_happened()
    {
        (await Api.PostAsync("/memory/remember", """{"content":"tea"}""")).ShouldBe(200);
        var one = (await Api.GetAsync("/providers/one/health?hours=168&check=true")).ShouldBe(200);
        ((string?)one["status"], (string?)one["health"], (double?)one["health_score"], (double?)one["uptime"]).ShouldBe(("active", "healthy", 1, 1));
        one["trends"]!.AsArray().Count.ShouldBeGreaterThan(0);
        ((bool?)one["last_check"]!["healthy"]).ShouldBe(true);
        var all = (await Api.GetAsync("/providers/health")).ShouldBe(200);
        ((bool?)all["healthy"], all["providers"]!.AsArray().Count, all["alerts"]!.AsArray().Count).ShouldBe((true, 2, 0));
        var statistics = (await Api.GetAsync("/providers/failover/statistics")).ShouldBe(200);
        ((long?)statistics["calls"]).ShouldNotBe(0);
        var remember = statistics["rules"]!.AsArray().Single(rule => (string?)rule!["operation"] == "remember")!;
        remember.ToJsonString().ShouldBe("""{"operation":"remember","strategy":"hybrid","attempts":3,"retry_delay_ms":100,"timeout_ms":5000}""");
    }

    [Theory]
    [InlineData("""{"provider_type":"mock"}""", "name")]
    [InlineData("""{"name":"a/b","provider_type":"mock"}""", "name")]
    [InlineData("""{"name":"x"}""", "provider_type")]
    [InlineData("""{"name":"x","provider_type":"redis"}""", "provider_type")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"nowhere"}""", "connection_name")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"one"}""", "connection_name")]
    [InlineData("""{"name":"x","provider_type":"native","connection_name":"three"}""", "connection_name")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"three","priority":-1}""", "priority")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"three","timeout":0}""", "timeout")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"three","retry_attempts":99}""", "retry_attempts")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"three","health_check_interval":1}""", "health_check_interval")]
    [InlineData("""{"name":"x","provider_type":"mock","connection_name":"three","metadata":"m"}""", "metadata")]
    [InlineData("""{"name":"x","provider_type":"postgres","connection_string":"Password=hunter2"}""", "connection_string")]
    [InlineData("""{"name":"x","provider_type":"http","base_url":"http://user:hunter2@x"}""", "base_url")]
    public async Task A_wrong_registration_is_refused_by_name_and_repeats_no_secret(string body, string field) =>
        (await Api.PostAsync("/providers/register", body)).ShouldBeProblem(400, "invalid_request", field).Text.ShouldNotContain("hunter2");

    [Fact]
    public async Task A_member_that_is_not_known_is_refused_and_its_value_is_kept_nowhere()
    {
        (await Api.PostAsync("/providers/register", """{"name":"x","provider_type":"mock","api_key":"hunter2"}""")).ShouldBe(400).Text.ShouldNotContain("hunter2");
        (await Api.GetAsync("/providers/security/audit")).Text.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("GET", "/providers/nobody/health")]
    [InlineData("POST", "/providers/nobody/failover")]
    [InlineData("POST", "/providers/nobody/enable")]
    [InlineData("POST", "/providers/nobody/disable")]
    [InlineData("DELETE", "/providers/nobody")]
    public async Task A_provider_that_is_not_there_is_not_found(string method, string path) =>
        (await Api.SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(404, "not_found");

    [Theory]
    [InlineData("/providers/one/health?hours=0", "hours")]
    [InlineData("/providers/one/health?hours=169", "hours")]
    [InlineData("/providers/one/health?check=maybe", "check")]
    [InlineData("/providers/security/audit?limit=0", "limit")]
    [InlineData("/providers/a%20b/health", "name")]
    public async Task Wrong_parameters_are_refused(string path, string field) => (await Api.GetAsync(path)).ShouldBeProblem(400, "invalid_request", field);

    [Fact]
    public async Task Only_a_key_of_scope_admin_administers_providers_and_one_of_scope_service_reads_them()
    {
        var (admin, service, tenant, user) = (ApiKey.Create(), ApiKey.Create(), ApiKey.Create(), ApiKey.Create());
        await using var server = await Fixture.StartAsync(options => options.Keys =
        [
            new ApiKeyOptions { Hash = admin.Hash, Tenant = "ops", Name = "ops", Scopes = ["service", "admin"] },
            new ApiKeyOptions { Hash = service.Hash, Tenant = "acme" },
            new ApiKeyOptions { Hash = tenant.Hash, Tenant = "acme", Scopes = ["user", "tenant"] },
            new ApiKeyOptions { Hash = user.Hash, Tenant = "acme", User = "ada" },
        ]);
        foreach (var (method, path) in Routes)
        {
            (await server.Client().SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(401, "unauthorized");
            (await server.With(tenant).SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(403, "forbidden");
            (await server.With(user).SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(403, "forbidden");
            var read = await server.With(service).SendAsync(new HttpMethod(method), path, null);
            if (method == "GET" && path != "/providers/security/audit")
            {
                read.ShouldBe(200);
            }
            else
            {
                read.ShouldBeProblem(403, "forbidden");
            }

            (await server.With(admin).SendAsync(new HttpMethod(method), path, null)).Status.ShouldNotBeOneOf(401, 403);
        }

        (await server.With(admin).PostAsync("/providers/register", Three)).ShouldBe(201);
        (await server.With(admin).GetAsync("/providers/security/audit"))["entries"]![0]!["actor"]!.GetValue<string>().ShouldBe("ops");
        (await server.With(user).PostAsync("/memory/remember", """{"content":"tea"}""")).ShouldBe(200);
    }

    private static readonly (string Method, string Path)[] Routes =
    [
        ("GET", "/providers"), ("GET", "/providers/"), ("GET", "/providers/health"), ("GET", "/providers/one/health"), ("GET", "/providers/failover/statistics"),
        ("GET", "/providers/security/audit"), ("POST", "/providers/register"), ("POST", "/providers/nobody/failover"), ("POST", "/providers/nobody/enable"),
        ("POST", "/providers/nobody/disable"), ("DELETE", "/providers/nobody"),
    ];
}

/// <summary>What holds for every server holds for one with memory providers: scopes, descriptions, problems.</summary>
public sealed class ProviderOperationTests(ProviderFixture fixture) : OperationFacts<ProviderFixture>(fixture);

/// <summary>Memory providers where Granary's own memory is chosen.</summary>
public sealed class NativeProviderTests(NativeFixture fixture) : HttpConformance<NativeFixture>(fixture)
{
    [Fact]
    public async Task There_is_one_provider_which_cannot_be_changed()
    {
        var listed = (await Api.GetAsync("/providers")).ShouldBe(200);
        ((string?)listed["provider"], (string?)listed["providers"]!.AsArray().ShouldHaveSingleItem()!["name"]).ShouldBe(("native", "native"));
        ((bool?)(await Api.GetAsync("/providers/health")).ShouldBe(200)["healthy"]).ShouldBe(true);
        (await Api.PostAsync("/providers/register", """{"name":"x","provider_type":"mock"}""")).ShouldBeProblem(501, "not_supported");
        (await Api.PostAsync("/providers/native/failover", "")).ShouldBeProblem(501, "not_supported");
        (await Api.PostAsync("/providers/native/disable", "")).ShouldBeProblem(501, "not_supported");
        (await Api.DeleteAsync("/providers/native")).ShouldBeProblem(501, "not_supported");
    }

    [Fact]
    public async Task Memories_have_all_that_granary_can_and_say_no_substrate()
    {
        for (var i = 0; i < 4; i++)
        {
            var kept = (await Api.PostAsync("/memory/remember", $$"""{"content":"tea {{i}}","kind":"insight","ttl_hours":5}""")).ShouldBe(200);
            kept.Json.AsObject().ContainsKey("substrate_metadata").ShouldBeFalse();
        }

        ((int?)(await Api.PostAsync("/memory/recall", """{"query":"tea"}""")).ShouldBe(200)["count"]).ShouldBe(2);
        (await Api.GetAsync("/memory/stats")).ShouldBe(200);
    }
}
