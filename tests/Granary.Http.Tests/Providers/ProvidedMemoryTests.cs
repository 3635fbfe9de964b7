using System.Net;
using System.Text.Json.Nodes;
using Granary.Conformance.Http;
using Granary.Providers.Chain;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Providers;

/// <summary>The routes of memories over a memory provider.</summary>
public sealed class ProvidedMemoryTests(ProviderFixture fixture) : HttpConformance<ProviderFixture>(fixture)
{
    [Fact]
    public async Task What_is_remembered_is_recalled_read_listed_and_counted_with_its_source()
    {
        var kept = (await Api.PostAsync("/memory/remember", """{"content":"Ada likes tea","metadata":{"a":[1.0,"é"]},"agent_id":"coach"}""")).ShouldBe(200);
        var id = (string?)kept["memory_id"];
        ((string?)kept["status"], (string?)kept["event"], (string?)kept["memory"]!["agent_id"]).ShouldBe(("stored", "ADD", "coach"));
        var source = kept["substrate_metadata"]!.AsObject();
        source.Select(member => member.Key).ShouldBe(["provider", "response_time_ms", "timestamp", "attempts", "fallback_used"]);
        ((string?)source["provider"], (int?)source["attempts"], (bool?)source["fallback_used"]).ShouldBe(("one", 1, false));
        ((string?)(await Api.PostAsync("/memory/remember", """{"content":"Ada likes tea","agent_id":"coach"}"""))["status"]).ShouldBe("duplicate");

        var found = (await Api.PostAsync("/memory/recall", """{"query":"TEA","filters":{"agent_id":"coach","metadata":{"a":{"contains":"é"}}}}""")).ShouldBe(200);
        found["memories"]!.AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>().ShouldBe(id);
        found["memories"]![0]!["metadata"]!.ToJsonString().ShouldBe(JsonNode.Parse("""{"a":[1.0,"é"]}""")!.ToJsonString());
        ((int?)found["count"], (string?)found["substrate_metadata"]!["provider"]).ShouldBe((1, "one"));
        var listed = (await Api.GetAsync("/memory/memories")).ShouldBe(200);
        ((int?)listed["total"], (string?)listed["memories"]![0]!["id"], (string?)listed["next"]).ShouldBe((1, id, null));
        ((string?)(await Api.GetAsync($"/memory/memories/{id}")).ShouldBe(200)["content"]).ShouldBe("Ada likes tea");
        var health = (await Api.GetAsync("/memory/health")).ShouldBe(200);
        ((bool?)health["healthy"], (string?)health["provider"], (int?)health["total_memories"]).ShouldBe((true, "chain", 1));
    }

    [Fact]
    public async Task A_deleted_memory_is_gone()
    {
        var id = (string?)(await Api.PostAsync("/memory/remember", """{"content":"tea"}"""))["memory_id"];
        var deleted = (await Api.DeleteAsync($"/memory/memories/{id}")).ShouldBe(200);
        ((bool?)deleted["success"], (string?)deleted["substrate_metadata"]!["provider"]).ShouldBe((true, "one,two"));
        (await Api.GetAsync($"/memory/memories/{id}")).ShouldBeProblem(404, "not_found");
        (await Api.DeleteAsync($"/memory/memories/{id}?purge=true")).ShouldBeProblem(404, "not_found");
        ((int?)(await Api.GetAsync("/memory/memories"))["total"]).ShouldBe(0);
    }

    [Fact]
    public async Task Pages_follow_each_other_and_the_limit_of_a_recall_is_a_setting()
    {
        for (var i = 0; i < 5; i++)
        {
            (await Api.PostAsync("/memory/remember", $$"""{"content":"tea {{i}}"}""")).ShouldBe(200);
        }

        var contents = new List<string?>();
        var query = "?limit=2";
        while (query is not null)
        {
            var page = (await Api.GetAsync("/memory/memories" + query)).ShouldBe(200);
            contents.AddRange(page["memories"]!.AsArray().Select(memory => (string?)memory!["content"]));
            query = page["next"] is { } next ? $"?limit=2&after={next}" : null;
        }

        contents.ShouldBe(["tea 4", "tea 3", "tea 2", "tea 1", "tea 0"]);
        ((int?)(await Api.PostAsync("/memory/recall", """{"query":"tea"}"""))["count"]).ShouldBe(3);
        ((int?)(await Api.PostAsync("/memory/recall", """{"query":"tea","limit":4}"""))["count"]).ShouldBe(4);
    }

    [Fact]
    public async Task Pages_leave_out_what_is_being_deleted_and_nothing_else()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((string)(await Api.PostAsync("/memory/remember", $$"""{"content":"tea {{i}}"}""")).ShouldBe(200)["memory_id"]!);
        }

        var members = Server.Services.GetRequiredService<ProviderRegistry>().Members;
        foreach (var id in (string[])[ids[4], ids[3], ids[1]])
        {
            await Server.Services.GetRequiredService<PendingDeletes>().NoteAsync(new UserKey(Ids.DefaultTenant, User), id, members);
        }

        var contents = new List<string?>();
        var query = "?limit=2";
        while (query is not null)
        {
            var page = (await Api.GetAsync("/memory/memories" + query)).ShouldBe(200);
            contents.AddRange(page["memories"]!.AsArray().Select(memory => (string?)memory!["content"]));
            query = page["next"] is { } next ? $"?limit=2&after={next}" : null;
        }

        contents.ShouldBe(["tea 2", "tea 0"]);
    }

    [Theory]
    [InlineData("kind", "\"insight\"")]
    [InlineData("category", "\"goals\"")]
    [InlineData("confidence", "0.5")]
    [InlineData("importance", "\"high\"")]
    [InlineData("pinned", "true")]
    [InlineData("event_time", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("valid_from", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("valid_to", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("ttl_hours", "5")]
    [InlineData("expires_at", "\"2099-01-01T00:00:00Z\"")]
    [InlineData("created_at", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("sources", """[{"session_id":"s"}]""")]
    public async Task What_a_provider_cannot_keep_is_refused_by_name(string field, string value)
    {
        (await Api.PostAsync("/memory/remember", $$"""{"content":"tea","{{field}}":{{value}}}""")).ShouldBeProblem(400, "invalid_request", field, "cannot be kept");
        ((int?)(await Api.GetAsync("/memory/memories"))["total"]).ShouldBe(0);
    }

    [Theory]
    [InlineData("mode", "\"vector\"")]
    [InlineData("turns", "true")]
    [InlineData("records", "false")]
    [InlineData("max_tokens", "100")]
    [InlineData("min_score", "0.5")]
    [InlineData("group_by", "\"session\"")]
    [InlineData("touch", "true")]
    public async Task What_a_provider_cannot_do_in_a_recall_is_refused_by_name(string field, string value) =>
        (await Api.PostAsync("/memory/recall", $$"""{"query":"tea","{{field}}":{{value}}}""")).ShouldBeProblem(400, "invalid_request", field, "cannot be applied");

    [Theory]
    [InlineData("kind", "\"fact\"", "filters.kinds")]
    [InlineData("category", "\"goals\"", "filters.categories")]
    [InlineData("session_id", "\"s\"", "filters.session_id")]
    [InlineData("role", "\"user\"", "filters.role")]
    [InlineData("metadata", """{"a":{"like":1}}""", "filters.metadata.a.like")]
    public async Task A_filter_that_a_provider_cannot_apply_is_refused_by_name(string filter, string value, string field) =>
        (await Api.PostAsync("/memory/recall", $$"""{"query":"tea","filters":{"{{filter}}":{{value}} } }""")).ShouldBeProblem(400, "invalid_request", field);

    [Theory]
    [InlineData("""{"content":" "}""", 400, "invalid_request", "content")]
    [InlineData("""{}""", 400, "invalid_request", "content")]
    [InlineData("""{"content":"tea","id":"a/b"}""", 400, "invalid_request", "id")]
    [InlineData("""{"content":"tea","agent_id":""}""", 400, "invalid_request", "agent_id")]
    [InlineData("""{"content":"tea","metadata":[]}""", 400, "invalid_request", "metadata")]
    [InlineData("""[]""", 400, "invalid_request", "body")]
    public async Task A_memory_that_breaks_a_rule_is_refused(string body, int status, string code, string field) =>
        (await Api.PostAsync("/memory/remember", body)).ShouldBeProblem(status, code, field);

    [Fact]
    public async Task A_memory_that_is_too_large_is_refused() =>
        (await Api.PostAsync("/memory/remember", $$"""{"content":"{{new string('x', 65_537)}}"}""")).ShouldBeProblem(413, "too_large", "content");

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?offset=-1", "offset")]
    [InlineData("?after=x", "after")]
    [InlineData("?after=2&offset=1", "offset")]
    [InlineData("?kind=fact", "kind")]
    [InlineData("?agent_id=coach", "agent_id")]
    public async Task A_page_that_cannot_be_is_refused(string query, string field) =>
        (await Api.GetAsync("/memory/memories" + query)).ShouldBeProblem(400, "invalid_request", field);

    [Fact]
    public async Task Conditions_and_reasons_of_a_delete_are_refused()
    {
        (await Api.DeleteAsync("/memory/memories/m1?reason=x")).ShouldBeProblem(400, "invalid_request", "reason");
        (await Api.DeleteAsync("/memory/memories/m1", ("If-Match", "\"1\""))).ShouldBeProblem(400, "invalid_request", "If-Match");
    }

    [Theory]
    [InlineData("POST", "/memory/remember/batch")]
    [InlineData("PATCH", "/memory/memories/m1")]
    [InlineData("GET", "/memory/memories/m1/history")]
    [InlineData("POST", "/memory/memories/m1/restore")]
    [InlineData("POST", "/memory/forget")]
    [InlineData("GET", "/memory/stats")]
    public async Task What_a_provider_cannot_do_at_all_is_501(string method, string path) =>
        (await Api.SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(501, "not_supported");

    [Fact]
    public async Task An_id_is_kept_and_taken_once()
    {
        (await Api.PostAsync("/memory/remember", """{"id":"m1","content":"tea"}""")).ShouldBe(200);
        (await Api.PostAsync("/memory/remember", """{"id":"m1","content":"coffee"}""")).ShouldBeProblem(409, "already_exists");
    }

    [Fact]
    public async Task Users_and_tenants_do_not_meet()
    {
        (await Api.PostAsync("/memory/remember", """{"id":"m1","content":"tea"}""")).ShouldBe(200);
        foreach (var other in new[] { Server.As(User + "x"), Server.As(User, "other") })
        {
            (await other.GetAsync("/memory/memories/m1")).ShouldBeProblem(404, "not_found");
            ((int?)(await other.PostAsync("/memory/recall", """{"query":"tea"}"""))["count"]).ShouldBe(0);
            (await other.DeleteAsync("/memory/memories/m1")).ShouldBeProblem(404, "not_found");
        }
    }

    [Fact]
    public async Task Erasing_a_user_erases_the_providers_memories_too()
    {
        (await Api.PostAsync("/memory/remember", """{"content":"tea"}""")).ShouldBe(200);
        (await Api.PostAsync("/memory/remember", """{"content":"coffee"}""")).ShouldBe(200);
        await StoreAsync("s");
        (await Api.DeleteAsync($"/users/{User}")).ShouldBe(202);
        ApiAnswer erasure;
        var patience = DateTime.UtcNow.AddMinutes(1);
        do
        {
            erasure = (await Api.GetAsync($"/users/{User}/erasure")).ShouldBe(200);
        }
        while ((string?)erasure["status"] != "completed" && DateTime.UtcNow < patience);

        ((string?)erasure["status"], (int?)erasure["others"]!["provider_memories"]).ShouldBe(("completed", 2));
        ((int?)(await Api.GetAsync("/memory/memories"))["total"]).ShouldBe(0);
    }

    [Fact]
    public async Task Sessions_and_mem0s_routes_stay_with_granarys_own_memory()
    {
        await StoreAsync("s", "I collect stamps", "nice");
        (await Api.PostAsync("/v1/memories/", $$"""{"messages":[{"role":"user","content":"Ada likes tea"}],"user_id":"{{User}}"}""")).Status.ShouldBe((int)HttpStatusCode.OK);
        ((int?)(await Api.GetAsync("/memory/memories"))["total"]).ShouldBe(0);
    }
}
