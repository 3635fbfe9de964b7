using System.Text;
using System.Text.Json.Nodes;
using Granary.Conformance.Http;
using Granary.Http.Identity;

namespace Granary.Http.Tests.BatchJobs;

public sealed class BatchRouteTests(EmbeddedFixture fixture) : IClassFixture<EmbeddedFixture>
{
    private static readonly ApiKey Ada = ApiKey.Create();
    private static readonly ApiKey Bob = ApiKey.Create();
    private static readonly ApiKey Backend = ApiKey.Create();
    private static readonly ApiKey UsersOnly = ApiKey.Create();

    private Task<HttpServer> StartWithKeysAsync() => fixture.StartAsync(options => options.Keys =
    [
        new ApiKeyOptions { Hash = Ada.Hash, Tenant = "acme", User = "ada" },
        new ApiKeyOptions { Hash = Bob.Hash, Tenant = "acme", User = "bob" },
        new ApiKeyOptions { Hash = Backend.Hash, Tenant = "acme" },
        new ApiKeyOptions { Hash = UsersOnly.Hash, Tenant = "acme", Scopes = ["user"] },
    ]);

    private const string Questions = """{"model":"mistral-small","system":"be brief","questions":["one","two"]}""";

    private static async Task<ApiAnswer> UntilOverAsync(ApiClient client, string path)
    {
        for (var patience = DateTime.UtcNow.AddSeconds(60); ;)
        {
            var answer = (await client.GetAsync(path)).ShouldBe(200);
            if ((string?)answer["status"] is "completed" or "failed" or "cancelled" || DateTime.UtcNow > patience)
            {
                return answer;
            }

            await Task.Delay(10);
        }
    }

    private static IReadOnlyList<JsonNode> Lines(ApiAnswer answer) =>
        [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    [Fact]
    public async Task Questions_are_answered_in_the_background_and_read_as_lines()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(Ada);
        var made = (await ada.PostAsync("/v1/batches", Questions)).ShouldBe(201);
        var path = made.Header("Location")!;
        path.ShouldBe($"/v1/batches/{made["batch_id"]}");
        ((string?)made["batch_type"]).ShouldBe("sequential");
        var over = await UntilOverAsync(ada, path);
        ((string?)over["status"]).ShouldBe("completed");
        ((int)over["items_processed"]!).ShouldBe(2);

        var results = (await ada.GetAsync(path + "/results")).ShouldBe(200);
        results.ContentType.ShouldBe("application/x-ndjson");
        Lines(results).Select(line => (string?)line["response"]!["body"]!["choices"]![0]!["message"]!["content"]).ShouldBe(["be brief|one", "be brief|two"]);
        Lines(results).Select(line => (string?)line["custom_id"]).ShouldBe([$"{made["batch_id"]}_0", $"{made["batch_id"]}_1"]);

        (await ada.PostAsync(path + "/cancel", "{}")).ShouldBe(200);
        (await ada.DeleteAsync(path)).ShouldBe(204);
        (await ada.GetAsync(path)).ShouldBeProblem(404, "not_found");
        (await ada.GetAsync(path + "/results")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task Lines_may_be_streamed_with_ids_and_bodies_of_their_own()
    {
        var client = fixture.Server.As("carol");
        var text = new StringBuilder("""{"model":"mistral-small"}""" + "\n");
        for (var i = 0; i < 150; i++)
        {
            text.Append($$$"""{"custom_id":"mine-{{{i}}}","body":{"messages":[{"role":"user","content":"number {{{i}}}"}]}}""").Append('\n');
        }

        var made = (await client.SendAsync(HttpMethod.Post, "/v1/batches", new StringContent(text.ToString(), Encoding.UTF8, "application/x-ndjson"))).ShouldBe(201);
        ((int)made["questions_count"]!).ShouldBe(150);
        var path = made.Header("Location")!;
        await UntilOverAsync(client, path);
        var lines = Lines((await client.GetAsync(path + "/results")).ShouldBe(200));
        lines.Select(line => (string?)line["custom_id"]).ShouldBe(Enumerable.Range(0, 150).Select(i => $"mine-{i}"));
    }

    [Fact]
    public async Task A_batch_belongs_to_its_user()
    {
        await using var server = await StartWithKeysAsync();
        var path = (await server.With(Ada).PostAsync("/v1/batches", Questions)).ShouldBe(201).Header("Location")!;
        (await server.With(Bob).GetAsync(path)).ShouldBeProblem(404, "not_found");
        (await server.With(Bob).GetAsync(path + "?user_id=ada")).ShouldBeProblem(403, "forbidden");
        (await server.With(Bob).GetAsync(path + "/results")).ShouldBeProblem(404, "not_found");
        (await server.With(Bob).PostAsync(path + "/cancel", "{}")).ShouldBeProblem(404, "not_found");
        (await server.With(Bob).DeleteAsync(path)).ShouldBeProblem(404, "not_found");
        (await server.With(Backend).GetAsync(path + "?user_id=ada")).ShouldBe(200);
        (await server.With(Backend).GetAsync(path)).ShouldBeProblem(404, "not_found");
        (await server.With(UsersOnly).PostAsync("/v1/batches", Questions)).ShouldBeProblem(403, "forbidden");
        (await server.With(Backend).PostAsync("/v1/batches", Questions)).ShouldBe(201);
        (await server.Client().PostAsync("/v1/batches", Questions)).ShouldBeProblem(401, "unauthorized");
    }

    [Theory]
    [InlineData("{}", "model")]
    [InlineData("""{"model":"mistral-small"}""", "questions")]
    [InlineData("""{"model":"mistral-small","questions":["a"],"lines":[]}""", "questions")]
    [InlineData("""{"model":"mistral-small","questions":[]}""", "lines")]
    [InlineData("""{"model":"mistral-small","questions":["a"," "]}""", "questions[1]")]
    [InlineData("""{"model":"mistral-small","questions":["a"],"preset":"slow"}""", "preset")]
    [InlineData("""{"model":"mistral-small","questions":["a"],"batch_size":0}""", "batch_size")]
    [InlineData("""{"model":"mistral-small","questions":["a"],"tools":["rm"]}""", "tools")]
    [InlineData("""{"model":"mistral-small","questions":["a"],"temperature":3}""", "temperature")]
    [InlineData("""{"model":"nobody-has-this","questions":["a"]}""", "model")]
    [InlineData("""{"model":"gpt-4o","questions":["a"]}""", "model")]
    [InlineData("""{"model":"mistral-small","lines":[{"body":[]}]}""", "lines[0].body")]
    [InlineData("""{"model":"mistral-small","lines":[{"body":{"model":"gpt-4o","messages":[]}}]}""", "lines[0].body.model")]
    [InlineData("""{"model":"mistral-small","lines":[{"body":{}}]}""", "lines[0].body.messages")]
    [InlineData("""{"model":"mistral-small","lines":[{"custom_id":"a","question":"q"},{"custom_id":"a","question":"q"}]}""", "lines[1].custom_id")]
    public async Task What_breaks_a_rule_is_refused_by_its_name(string json, string field) =>
        (await fixture.Server.As("dan").PostAsync("/v1/batches", json)).ShouldBeProblem(400, "invalid_request", field);

    [Fact]
    public async Task A_line_that_breaks_a_rule_is_named_by_its_number()
    {
        const string Body = """{"model":"mistral-small"}""" + "\n" + """{"question":"fine"}""" + "\n" + """{"question":7}""";
        (await fixture.Server.As("dan").SendAsync(HttpMethod.Post, "/v1/batches", new StringContent(Body, Encoding.UTF8, "application/x-ndjson")))
            .ShouldBeProblem(400, "invalid_request", "line 3: question");
    }

    [Fact]
    public async Task A_key_makes_the_creation_safe_to_repeat()
    {
        var client = fixture.Server.As("erin");
        var made = (await SendAsync(Questions)).ShouldBe(201);
        made.Header("Idempotency-Replayed").ShouldBeNull();
        var again = (await SendAsync(Questions)).ShouldBe(201);
        ((string?)again["batch_id"]).ShouldBe((string?)made["batch_id"]);
        again.Header("Idempotency-Replayed").ShouldBe("true");
        again.Header("Location").ShouldBe(made.Header("Location"));
        (await SendAsync(Questions.Replace("two", "three", StringComparison.Ordinal))).ShouldBeProblem(409, "idempotency_key_reused");
        (await client.GetAsync("/v1/batches")).ShouldBe(200)["batches"]!.AsArray().Count.ShouldBe(1);

        Task<ApiAnswer> SendAsync(string body) => client.PostAsync("/v1/batches", body, ("Idempotency-Key", "once"));
    }

    [Fact]
    public async Task Batches_are_listed_to_whose_they_are()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(Ada);
        var first = (string?)(await ada.PostAsync("/v1/batches", Questions)).ShouldBe(201)["batch_id"];
        var second = (string?)(await ada.PostAsync("/v1/batches", Questions)).ShouldBe(201)["batch_id"];
        var page = (await ada.GetAsync("/v1/batches?limit=1")).ShouldBe(200);
        ((string?)page["batches"]![0]!["batch_id"]).ShouldBe(second);
        var rest = (await ada.GetAsync($"/v1/batches?limit=1&after={page["next"]}")).ShouldBe(200);
        ((string?)rest["batches"]![0]!["batch_id"]).ShouldBe(first);
        ((string?)rest["next"]).ShouldBeNull();
        (await server.With(Bob).GetAsync("/v1/batches")).ShouldBe(200)["batches"]!.AsArray().ShouldBeEmpty();
        (await server.With(Bob).GetAsync("/v1/batches?user_id=ada")).ShouldBeProblem(403, "forbidden");
        (await server.With(Backend).GetAsync("/v1/batches?user_id=ada")).ShouldBe(200)["batches"]!.AsArray().Count.ShouldBe(2);
        (await server.With(UsersOnly).GetAsync("/v1/batches")).ShouldBeProblem(403, "forbidden");
        (await ada.GetAsync("/v1/batches?after=x")).ShouldBeProblem(400, "invalid_request", "after");
        (await ada.GetAsync("/v1/batches?limit=101")).ShouldBeProblem(400, "invalid_request", "limit");
    }
}
