using System.Globalization;
using Granary.Conformance.Http;
using Granary.Http.Identity;
using Granary.Llm;
using Granary.Llm.Audit;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Audit;

public sealed class UsageTests(EmbeddedFixture fixture) : IClassFixture<EmbeddedFixture>
{
    private static readonly ApiKey Ada = ApiKey.Create();
    private static readonly ApiKey Backend = ApiKey.Create();
    private static readonly ApiKey UsersOnly = ApiKey.Create();

    private Task<HttpServer> StartWithKeysAsync() => fixture.StartAsync(options => options.Keys =
    [
        new ApiKeyOptions { Hash = Ada.Hash, Tenant = "acme", User = "ada" },
        new ApiKeyOptions { Hash = Backend.Hash, Tenant = "acme" },
        new ApiKeyOptions { Hash = UsersOnly.Hash, Tenant = "acme", Scopes = ["user"] },
    ]);

    private static void Record(HttpServer server, string user, string session, long first = 0, long last = 0, TimeSpan ago = default) =>
        server.Services.GetRequiredService<IAuditLog>().Record(new AuditSession
        {
            Tenant = "acme",
            User = user,
            Session = session,
            Model = "gpt-4o-2024-08-06",
            Provider = "openai",
            Usage = new ChatUsage(1_000, 100),
            StartedAt = DateTimeOffset.UtcNow.AddSeconds(-1) - ago,
            EndedAt = DateTimeOffset.UtcNow - ago,
            StoredAt = last == 0 ? null : DateTimeOffset.UtcNow - ago,
            FirstSequence = first == 0 ? null : first,
            LastSequence = last == 0 ? null : last,
        });

    /// <summary>The writer works in the background: asks until it has written.</summary>
    private static async Task<ApiAnswer> UntilAsync(ApiClient client, string path, int calls)
    {
        for (var patience = DateTime.UtcNow.AddSeconds(30); ;)
        {
            var answer = (await client.GetAsync(path)).ShouldBe(200);
            if ((int)answer["totals"]!["calls"]! >= calls || DateTime.UtcNow > patience)
            {
                ((int)answer["totals"]!["calls"]!).ShouldBe(calls);
                return answer;
            }

            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task A_users_key_sees_its_own_usage_a_service_key_that_of_all()
    {
        await using var server = await StartWithKeysAsync();
        Record(server, "ada", "s1");
        Record(server, "ada", "s2");
        Record(server, "bob", "s1");

        var all = await UntilAsync(server.With(Backend), "/v1/usage?by=user", 3);
        all["groups"]!.AsArray().Select(group => (string?)group!["name"]).ShouldBe(["ada", "bob"]);
        ((decimal)all["totals"]!["cost"]!).ShouldBeGreaterThan(0);
        var own = (await server.With(Ada).GetAsync("/v1/usage?by=session")).ShouldBe(200);
        ((string?)own["user_id"]).ShouldBe("ada");
        own["groups"]!.AsArray().Select(group => (string?)group!["name"]).ShouldBe(["s1", "s2"]);
        ((int)(await server.With(Backend).GetAsync("/v1/usage?user_id=bob&session_id=s1"))["totals"]!["input_tokens"]!).ShouldBe(1_000);
        ((int)(await server.With(UsersOnly).GetAsync("/v1/usage?user_id=bob")).ShouldBe(200)["totals"]!["calls"]!).ShouldBe(1);

        (await server.With(Ada).GetAsync("/v1/usage?user_id=bob")).ShouldBeProblem(403, "forbidden");
        (await server.With(Ada).GetAsync("/v1/usage?by=user")).ShouldBeProblem(400, "invalid_request", "by");
        (await server.With(Ada).GetAsync("/v1/usage/calls?user_id=bob")).ShouldBeProblem(403, "forbidden");
        (await server.With(UsersOnly).GetAsync("/v1/usage")).ShouldBeProblem(403, "forbidden");
        (await server.With(UsersOnly).GetAsync("/v1/usage/calls")).ShouldBeProblem(403, "forbidden");
        (await server.Client().GetAsync("/v1/usage")).ShouldBeProblem(401, "unauthorized");
    }

    [Fact]
    public async Task What_the_user_said_is_read_from_the_session_and_gone_with_it()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(Ada);
        var text = new string('x', 600);
        (await ada.PostAsync("/memory/store", $$"""{"session_id":"s","user_message":"{{text}}","agent_message":"b"}""")).ShouldBe(200);
        Record(server, "ada", "s", 1, 2);
        await UntilAsync(ada, "/v1/usage", 1);

        var call = (await ada.GetAsync("/v1/usage/calls")).ShouldBe(200)["calls"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)call["query"]).ShouldBe(text[..500] + "... [truncated]");
        ((string?)call["call"]!["model"]).ShouldBe("gpt-4o-2024-08-06");
        call["call"]!["tenant"].ShouldBeNull();

        (await ada.DeleteAsync("/sessions/s")).Status.ShouldBeInRange(200, 204);
        var after = (await ada.GetAsync("/v1/usage/calls")).ShouldBe(200);
        after["calls"]![0]!["query"].ShouldBeNull();
        after.Text.ShouldNotContain("xxx");
        ((int)(await ada.GetAsync("/v1/usage"))["totals"]!["calls"]!).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_later_session_of_the_same_id_says_is_not_shown_for_an_earlier_call()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(Ada);
        (await ada.PostAsync("/memory/store", """{"session_id":"again","user_message":"mine","agent_message":"b"}""")).ShouldBe(200);
        Record(server, "ada", "again", 1, 2, TimeSpan.FromSeconds(10));
        Record(server, "ada", "again", 1, 2);
        await UntilAsync(ada, "/v1/usage?session_id=again", 2);

        var calls = (await ada.GetAsync("/v1/usage/calls?session_id=again")).ShouldBe(200)["calls"]!.AsArray();
        calls.OrderBy(call => (string?)call!["call"]!["started_at"]).Select(call => (string?)call!["query"]).ShouldBe([null, "mine"]);
    }

    [Theory]
    [InlineData("/v1/usage?from=yesterday", "from")]
    [InlineData("/v1/usage?from=2026-02-30", "from")]
    [InlineData("/v1/usage?from=2026-02-02&to=2026-02-01", "to")]
    [InlineData("/v1/usage?from=2020-01-01&to=2026-02-01", "to")]
    [InlineData("/v1/usage?by=colour", "by")]
    [InlineData("/v1/usage?limit=0", "limit")]
    [InlineData("/v1/usage?session_id=s", "user_id")]
    [InlineData("/v1/usage/calls?after=c:1", "after")]
    [InlineData("/v1/usage/calls?limit=101", "limit")]
    [InlineData("/v1/usage/calls?user_id=a/b", "user_id")]
    public async Task What_breaks_a_rule_is_refused_by_its_name(string path, string field) =>
        (await fixture.Server.Client().GetAsync(path)).ShouldBeProblem(400, "invalid_request", field);

    [Fact]
    public async Task Days_without_calls_are_zero()
    {
        var today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var answer = (await fixture.Server.As("nobody").GetAsync($"/v1/usage?from=2025-12-01&to=2026-01-31")).ShouldBe(200);
        ((int)answer["totals"]!["calls"]!).ShouldBe(0);
        ((string?)(await fixture.Server.As("nobody").GetAsync("/v1/usage"))["from"]).ShouldBe(today);
    }
}
