using System.Globalization;
using System.Text.Json.Nodes;
using Granary.Conformance.Http;

namespace Granary.Http.Tests.Mem0;

/// <summary>What the routes of mem0 do with what their clients may send.</summary>
public sealed class Mem0RouteTests(EmbeddedFixture fixture) : IClassFixture<EmbeddedFixture>
{
    private readonly string _user = "ada" + Guid.NewGuid().ToString("n");

    private ApiClient Api => fixture.Server.Client();

    [Theory]
    [InlineData("DELETE", "/v1/memories/?user_id={0}&unknown=x", "unknown")]
    [InlineData("DELETE", "/v1/memories/?user_id={0}&metadata=%7B%22a%22:1%7D", "metadata")]
    [InlineData("DELETE", "/v1/memories/?user_id={0}&org_id=o", "org_id")]
    [InlineData("DELETE", "/v1/memories/?user_id={0}&agent_id=*", "agent_id")]
    [InlineData("DELETE", "/v1/memories/?user_id=*", "user_id")]
    [InlineData("DELETE", "/v2/entities/user/{0}/?category=x", "category")]
    [InlineData("DELETE", "/v2/entities/run/%2A/?user_id={0}", "run_id")]
    [InlineData("GET", "/v1/memories/?user_id={0}&mood=good", "mood")]
    [InlineData("GET", "/v1/memories/?user_id=*", "user_id")]
    [InlineData("GET", "/v1/entities/?user_id={0}&since=x", "since")]
    public async Task A_parameter_that_would_narrow_and_is_not_understood_is_refused(string method, string path, string field)
    {
        await AddAsync("I sail.");

        (await Api.SendAsync(new HttpMethod(method), string.Format(CultureInfo.InvariantCulture, path, _user), null)).ShouldBeProblem(400, "invalid_request", field);

        (await TextsAsync()).ShouldBe(["I sail."]);
    }

    [Fact]
    public async Task Deleting_without_saying_whose_memories_is_refused()
    {
        await AddAsync("I sail.");

        (await fixture.Server.As(_user).DeleteAsync("/v1/memories/")).ShouldBeProblem(400, "invalid_request", "user_id", "agent_id");

        (await TextsAsync()).ShouldBe(["I sail."]);
    }

    private async Task<JsonNode> AddAsync(string text, string more = "") =>
        (await Api.PostAsync("/v3/memories/add/", $$"""{"messages":"{{text}}","user_id":"{{_user}}"{{more}}}""")).ShouldBe(200)["results"]![0]!;

    private async Task<string[]> TextsAsync(string more = "", string filters = "") => TextsOf(
        (await Api.PostAsync("/v3/memories/", $$"""{"filters":{"user_id":"{{_user}}"{{filters}}}{{more}}}""")).ShouldBe(200));

    private async Task<string[]> FoundAsync(string query, string more) => TextsOf(
        (await Api.PostAsync("/v3/memories/search/", $$"""{"query":"{{query}}","filters":{"user_id":"{{_user}}"}{{more}}}""")).ShouldBe(200));

    private static string[] TextsOf(ApiAnswer answer) => [.. answer["results"]!.AsArray().Select(memory => (string)memory!["memory"]!)];
}
