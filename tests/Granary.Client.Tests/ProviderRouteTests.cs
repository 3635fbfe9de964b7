using System.Net;
using Granary.Client.Tests.Support;
using Granary.Wire;

namespace Granary.Client.Tests;

/// <summary>Each method about memory providers asks what its route expects and gives what it answers.</summary>
public sealed class ProviderRouteTests
{
    private const string View = """
        {"name":"two","provider_type":"mock","connection_name":"m2","status":"active","priority":5,"enabled":true,"health_check_interval":30,"timeout":30,
        "retry_attempts":3,"from_settings":false}
        """;

    private const string Health = """
        {"name":"two","status":"active","health":"healthy","health_score":1,"performance_score":0.5,"uptime":1,"error_rate":0,"mean_response_time_ms":2,
        "consecutive_failures":0,"checks":1,"calls":0,"alerts":[]}
        """;

    private readonly FakeService _service = new();

    [Fact]
    public async Task Register_names_a_connection_and_gives_the_provider()
    {
        _service.AnswersJson(View, HttpStatusCode.Created);
        var registered = await _service.Client().RegisterProviderAsync(
            new RegisterProviderRequest { Name = "two", ProviderType = "mock", ConnectionName = "m2", Priority = 5 });
        Asked(HttpMethod.Post, "/providers/register");
        _service.Only.Json.GetRawText().ShouldBe("""{"name":"two","provider_type":"mock","connection_name":"m2","priority":5}""");
        (registered.Status, registered.Priority, registered.FromSettings).ShouldBe((ProviderStatus.Active, 5, false));
    }

    [Fact]
    public async Task List_gives_the_providers()
    {
        _service.AnswersJson($$"""{"provider":"chain","providers":[{{View}}],"count":1}""");
        (await _service.Client().ListProvidersAsync()).Providers.ShouldHaveSingleItem().Name.ShouldBe("two");
        Asked(HttpMethod.Get, "/providers");
    }

    [Theory]
    [InlineData(true, "/providers/two/enable")]
    [InlineData(false, "/providers/two/disable")]
    public async Task A_switch_posts_without_a_body(bool enable, string path)
    {
        _service.AnswersJson(View);
        var client = _service.Client();
        await (enable ? client.EnableProviderAsync("two") : client.DisableProviderAsync("two"));
        Asked(HttpMethod.Post, path);
    }

    [Fact]
    public async Task Failover_gives_the_next()
    {
        _service.AnswersJson("""{"from":"two","to":"one"}""");
        (await _service.Client().FailOverProviderAsync("two")).ShouldBe(new FailoverResponse("two", "one"));
        Asked(HttpMethod.Post, "/providers/two/failover");
    }

    [Fact]
    public async Task Health_of_one_says_hours_and_check()
    {
        _service.AnswersJson(Health);
        (await _service.Client().GetProviderHealthAsync("two", hours: 5, check: true)).Health.ShouldBe(ProviderHealthStatus.Healthy);
        Asked(HttpMethod.Get, "/providers/two/health?hours=5&check=true");
    }

    [Fact]
    public async Task That_no_provider_is_well_is_an_answer()
    {
        _service.AnswersJson("""{"healthy":false,"providers":[],"alerts":[]}""", HttpStatusCode.ServiceUnavailable);
        (await _service.Client().GetProvidersHealthAsync()).Healthy.ShouldBeFalse();
        Asked(HttpMethod.Get, "/providers/health");
    }

    [Fact]
    public async Task The_audit_is_narrowed_down_by_provider()
    {
        _service.AnswersJson("""{"entries":[{"timestamp":"2026-01-01T00:00:00Z","actor":"ops","action":"provider:register","provider":"two","outcome":"ok"}],"count":1}""");
        (await _service.Client().GetProviderAuditAsync(7, "two")).Entries.ShouldHaveSingleItem().Actor.ShouldBe("ops");
        Asked(HttpMethod.Get, "/providers/security/audit?limit=7&provider=two");
    }

    [Fact]
    public void A_name_out_of_the_grammar_is_not_sent() =>
        Should.Throw<InvalidRequestException>(() => { _ = _service.Client().EnableProviderAsync("a/b"); }).Field.ShouldBe("name");

    private void Asked(HttpMethod method, string path)
    {
        _service.Only.Method.ShouldBe(method);
        _service.Only.PathAndQuery.ShouldBe(path);
    }
}
