using System.Diagnostics;
using System.Text.Json.Nodes;
using Granary.Conformance.Http;
using Granary.Http.Identity;
using Granary.Testing.Node;

namespace Granary.Http.Tests.Mem0;

/// <summary>mem0's own client, unchanged, against the service.</summary>
public sealed class Mem0ClientTests(EmbeddedFixture fixture) : IClassFixture<EmbeddedFixture>
{
    private static readonly NpmFolder Client = new("Mem0", "client");

    [Mem0Fact]
    public async Task The_official_client_works_unchanged()
    {
        var key = ApiKey.Create();
        await using var server = await fixture.StartAsync(options => options.Keys = [new ApiKeyOptions { Hash = key.Hash, Tenant = "acme" }]);

        var seen = await RunAsync(server, key.Text);

        var added = seen["added"]!["results"]!.AsArray();
        added.Select(memory => (string?)memory!["memory"]).ShouldBe(["I sail a blue boat.", "A fine colour."]);
        added.Select(memory => (string?)memory!["event"]).ShouldBe(["ADD", "ADD"]);
        ((string?)seen["again"]!["results"]![0]!["event"]).ShouldBe("NONE");
        var got = seen["got"]!;
        ((string?)got["memory"]).ShouldBe("I sail a blue boat.");
        ((string?)got["userId"]).ShouldBe("ada lovelace@example.org");
        ((string?)got["agentId"]).ShouldBe("skipper");
        ((string?)got["runId"]).ShouldBe("trip 1");
        ((string?)got["appId"]).ShouldBe("harbour");
        ((string?)got["metadata"]!["from"]).ShouldBe("test");
        got["metadata"]!.AsObject().ContainsKey("mem0").ShouldBeFalse();
        ((int)seen["all"]!["count"]!).ShouldBe(2);
        ((int)seen["page"]!["count"]!).ShouldBe(2);
        seen["page"]!["results"]!.AsArray().Count.ShouldBe(1);
        ((int)seen["byRun"]!["count"]!).ShouldBe(2);
        ((int)seen["byMetadata"]!["count"]!).ShouldBe(0);
        ((string?)seen["updated"]!["memory"]).ShouldBe("I sail a red boat.");
        ((string?)seen["updated"]!["userId"]).ShouldBe("ada lovelace@example.org");
        seen["history"]!.AsArray().Select(change => (string?)change!["event"]).ShouldBe(["ADD", "UPDATE"]);
        ((string?)seen["history"]![1]!["oldMemory"]).ShouldBe("I sail a blue boat.");
        ((string?)seen["batchUpdated"]!["message"])!.ShouldContain("1 memories");
        ((string?)seen["found"]!["results"]![0]!["memory"]).ShouldBe("I sail a red boat.");
        ((double)seen["found"]!["results"]![0]!["score"]!).ShouldBeGreaterThan(0);
        ((string?)seen["unknownFilter"])!.ShouldContain("filters.mood");
        ((string?)seen["unknownMemory"]).ShouldBe("MemoryNotFoundError");
        ((string?)seen["afterDelete"]).ShouldBe("MemoryNotFoundError");
        ((int)seen["left"]!["count"]!).ShouldBe(0);
        ((int)seen["bobs"]!["count"]!).ShouldBe(0);
    }

    [Fact]
    public async Task A_users_key_reaches_no_other_users_memories()
    {
        var (ada, service) = (ApiKey.Create(), ApiKey.Create());
        await using var server = await fixture.StartAsync(options => options.Keys =
        [
            new ApiKeyOptions { Hash = ada.Hash, Tenant = "acme", User = "ada" },
            new ApiKeyOptions { Hash = service.Hash, Tenant = "acme" },
        ]);
        var bobs = (await server.With(service).PostAsync("/v3/memories/add/", """{"messages":"Bob's.","user_id":"bob"}""")).ShouldBe(200);
        var id = (string)bobs["results"]![0]!["id"]!;
        var client = server.With(ada);

        (await client.GetAsync($"/v1/memories/{id}/")).ShouldBeProblem(403, "forbidden");
        (await client.GetAsync($"/v1/memories/{id}/history/")).ShouldBeProblem(403, "forbidden");
        (await client.DeleteAsync($"/v1/memories/{id}/")).ShouldBeProblem(403, "forbidden");
        (await client.PutAsync($"/v1/memories/{id}/", """{"text":"x"}""")).ShouldBeProblem(403, "forbidden");
        (await client.PutAsync("/v1/batch/", $$"""{"memories":[{"memory_id":"{{id}}","text":"x"}]}""")).ShouldBeProblem(403, "forbidden");
        (await client.PostAsync("/v3/memories/", """{"filters":{"user_id":"bob"}}""")).ShouldBeProblem(403, "forbidden");
        (await client.PostAsync("/v3/memories/search/", """{"query":"a","filters":{"AND":[{"user_id":"bob"}]}}""")).ShouldBeProblem(403, "forbidden");
        (await client.DeleteAsync("/v1/memories/?user_id=bob")).ShouldBeProblem(403, "forbidden");
        (await client.DeleteAsync("/v2/entities/user/bob/")).ShouldBeProblem(403, "forbidden");
        (await client.GetAsync("/v1/entities/?user_id=bob")).ShouldBeProblem(403, "forbidden");
        (await client.PostAsync("/v1/memories/", """{"messages":[{"role":"user","content":"Ada's."}]}""", ("Authorization", $"Token {ada.Text}"))).ShouldBe(200);
        ((int)(await client.GetAsync("/v1/entities/")).ShouldBe(200)["results"]![0]!["total_memories"]!).ShouldBe(1);
        (await server.Client().GetAsync("/v1/ping/", ("Authorization", "Token gk_wrong"))).ShouldBeProblem(401, "unauthorized");
    }

    [Theory]
    [InlineData("/v3/memories/add/", "{}", "messages", "is required")]
    [InlineData("/v3/memories/add/", """{"messages":5}""", "messages", "must be a string or an array")]
    [InlineData("/v3/memories/add/", """{"messages":[]}""", "messages", "must hold a text")]
    [InlineData("/v3/memories/add/", """{"messages":[7]}""", "messages[0]", "must be an object")]
    [InlineData("/v3/memories/add/", """{"messages":[{"role":"user"}]}""", "messages[0].content", "is required")]
    [InlineData("/v3/memories/add/", """{"messages":"a","metadata":[1]}""", "metadata", "must be a JSON object")]
    [InlineData("/v3/memories/add/", """{"messages":"a","timestamp":-1}""", "timestamp", "seconds since 1970")]
    [InlineData("/v3/memories/add/", """{"messages":"a","expiration_date":"soon"}""", "expiration_date", "YYYY-MM-DD")]
    [InlineData("/v3/memories/add/", """{"messages":"a","user_id":""}""", "user_id", "1 to 1024")]
    [InlineData("/v3/memories/search/", "{}", "query", "is required")]
    [InlineData("/v3/memories/search/", """{"query":"a","top_k":0}""", "top_k", "from 1 to 1000")]
    [InlineData("/v3/memories/search/", """{"query":"a","threshold":2}""", "threshold", "0 to 1")]
    [InlineData("/v3/memories/search/", """{"query":"a","filters":{"OR":[{"user_id":"a"}]}}""", "filters.OR", "not understood")]
    [InlineData("/v3/memories/search/", """{"query":"a","filters":{"AND":[{"agent_id":5}]}}""", "filters.AND[0].agent_id", "must be a string")]
    [InlineData("/v3/memories/search/", """{"query":"a","filters":{"AND":[{"run_id":"a"},{"run_id":"b"}]}}""", "filters.AND[1].run_id", "given twice")]
    [InlineData("/v3/memories/", """{"filters":[]}""", "filters", "must be an object")]
    [InlineData("/v3/memories/", """{"filters":{"created_at":{"after":"2024-01-01"}}}""", "filters.created_at.after", "must be one of gte")]
    public async Task A_request_that_breaks_a_rule_is_refused_by_name(string path, string body, string field, string rule) =>
        (await fixture.Server.As("ada" + Guid.NewGuid().ToString("n")).PostAsync(path, body)).ShouldBeProblem(400, "invalid_request", null, rule)["field"]!.GetValue<string>().ShouldBeOneOf(field, "user_id");

    private static async Task<JsonNode> RunAsync(HttpServer server, string key)
    {
        var start = Client.Node("client.mjs", server.Address.ToString().TrimEnd('/'), key, "search");
        start.Environment["MEM0_TELEMETRY"] = "false";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await errors + output);
        return JsonNode.Parse(output)!;
    }

    private sealed class Mem0FactAttribute : FactAttribute
    {
        public Mem0FactAttribute() => Skip = Client.Problem is { } problem ? $"mem0's client was not run: {problem}" : null;
    }
}
