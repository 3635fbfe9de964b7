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

    [Theory]
    [InlineData("\"categories\":[\"travel\"]", "trip")]
    [InlineData("\"metadata\":{\"a\":1}", "one")]
    [InlineData("\"metadata\":{\"a\":{\"gte\":2}}", "two,trip")]
    public async Task What_narrows_beside_the_filters_narrows(string beside, string expected)
    {
        await AddAsync("boat one", ""","metadata":{"a":1}""");
        await AddAsync("boat two", ""","metadata":{"a":2}""");
        (await fixture.Server.As(_user).PostAsync("/memory/remember", """{"content":"boat trip","category":"travel","metadata":{"a":3}}""")).ShouldBe(200);

        var names = expected.Split(',').Select(name => "boat " + name).Order();
        (await TextsAsync("," + beside)).Order().ShouldBe(names);
        (await FoundAsync("boat", "," + beside)).Order().ShouldBe(names);
    }

    [Theory]
    [InlineData("filter_memories", "true")]
    [InlineData("org_id", "\"other\"")]
    [InlineData("page_size", "5")]
    [InlineData("categorys", "[\"travel\"]")]
    public async Task A_member_that_is_not_understood_is_refused(string name, string value)
    {
        (await Api.PostAsync("/v3/memories/", $$"""{"filters":{"user_id":"{{_user}}"},"{{name}}":{{value}}}""")).ShouldBeProblem(400, "invalid_request", name);
        (await Api.PostAsync("/v3/memories/search/", $$"""{"query":"boat","filters":{"user_id":"{{_user}}"},"{{name}}":{{value}}}""")).ShouldBeProblem(400, "invalid_request", name);
    }

    [Fact]
    public async Task Hints_that_narrow_nothing_are_taken()
    {
        await AddAsync("I sail.");

        (await FoundAsync("sail", ""","rerank":true,"latest_only":true,"fields":["memory"],"output_format":"v1.1","keyword_search":false,"show_expired":false"""))
            .ShouldBe(["I sail."]);
        (await TextsAsync(""","latest_only":true""")).ShouldBe(["I sail."]);
    }

    [Fact]
    public async Task Lists_are_narrowed_by_dates_beside_the_filters()
    {
        await AddAsync("in May", ""","timestamp":1714557600""");
        await AddAsync("in June", ""","timestamp":1717236000""");

        (await TextsAsync(""","start_date":"2024-05-15" """)).ShouldBe(["in June"]);
        (await TextsAsync(""","end_date":"2024-05-15" """)).ShouldBe(["in May"]);
        (await TextsAsync(""","start_date":"2024-05-15" """, ""","created_at":{"lt":"2024-06-01"}""")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Expired_memories_are_listed_where_asked_for_and_cannot_be_searched_for()
    {
        (await Api.PostAsync("/v3/memories/search/", $$"""{"query":"boat","filters":{"user_id":"{{_user}}"},"show_expired":true}""")).ShouldBeProblem(400, "invalid_request", "show_expired");
        (await TextsAsync(""","show_expired":true""")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Links_to_other_pages_keep_what_was_asked_for()
    {
        foreach (var text in (string[])["one", "two", "three"])
        {
            await AddAsync(text, ""","agent_id":"a b" """);
            await AddAsync("other " + text, ""","agent_id":"other" """);
        }

        var texts = new List<string>();
        var link = $"/v1/memories/?user_id={_user}&agent_id=a%20b&page_size=1";
        for (string? next = link; next is not null;)
        {
            var page = (await Api.GetAsync(next)).ShouldBe(200);
            ((int)page["count"]!).ShouldBe(3);
            texts.AddRange(TextsOf(page));
            next = (string?)page["next"];
        }

        texts.ShouldBe(["three", "two", "one"]);
        var second = (await Api.GetAsync(link + "&page=2")).ShouldBe(200);
        TextsOf((await Api.GetAsync((string)second["previous"]!)).ShouldBe(200)).ShouldBe(["three"]);
    }

    [Fact]
    public async Task The_day_on_which_a_memory_expires_is_answered_as_it_was_given()
    {
        var day = DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var added = await AddAsync("I sail.", $""","expiration_date":"{day}" """);

        ((string?)added["expiration_date"]).ShouldBe(day);
        var path = $"/v1/memories/{added["id"]}/";
        var read = (await Api.GetAsync(path)).ShouldBe(200);
        ((string?)read["expiration_date"]).ShouldBe(day);
        ((string?)(await Api.PutAsync(path, $$"""{"text":"I row.","expiration_date":"{{read["expiration_date"]}}"}""")).ShouldBe(200)["expiration_date"]).ShouldBe(day);
    }

    [Fact]
    public async Task A_memory_is_there_through_the_day_on_which_it_expires()
    {
        var day = DateTimeOffset.UtcNow.AddDays(30);
        var added = await AddAsync("I sail.", $""","expiration_date":"{day:yyyy-MM-dd}" """);
        var own = await RecordAsync(added);

        ((DateTimeOffset)own["expires_at"]!).ShouldBe(new DateTimeOffset(day.UtcDateTime.Date.AddDays(1), TimeSpan.Zero));
        (await fixture.Server.As(_user).SendAsync(
            HttpMethod.Patch, $"/memory/memories/{own["id"]}", new StringContent($$"""{"expires_at":"{{day:yyyy-MM-dd}}T23:30:00-05:00"}""", null, "application/json"))).ShouldBe(200);
        ((string?)(await Api.GetAsync($"/v1/memories/{added["id"]}/")).ShouldBe(200)["expiration_date"])
            .ShouldBe(day.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_memory_was_made_when_its_timestamp_says_and_is_filtered_by_that()
    {
        var added = await AddAsync("in May", ""","timestamp":1714557600""");

        var made = (DateTimeOffset)added["created_at"]!;
        made.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1714557600));
        (await TextsAsync("", $$""","created_at":{"gte":"{{made:O}}","lte":"{{made:O}}"}""")).ShouldBe(["in May"]);
        var moved = (await Api.PutAsync($"/v1/memories/{added["id"]}/", """{"timestamp":1717236000}""")).ShouldBe(200);
        ((DateTimeOffset)moved["created_at"]!).ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1717236000));
        (await TextsAsync("", ""","created_at":{"lt":"2024-05-31"}""")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("team/a b")]
    [InlineData("100%2F")]
    [InlineData("mem0_of my own")]
    [InlineData("mem0_own")]
    [InlineData("default")]
    [InlineData("ünïcode")]
    public async Task Ids_are_answered_as_they_were_given_and_mean_the_same_in_paths(string id)
    {
        var user = $"{_user}/{id}";
        var body = new JsonObject { ["messages"] = "I sail.", ["user_id"] = user, ["agent_id"] = id, ["run_id"] = id, ["app_id"] = id };
        var added = (await Api.PostAsync("/v3/memories/add/", body.ToJsonString())).ShouldBe(200)["results"]![0]!;

        var read = (await Api.GetAsync($"/v1/memories/{added["id"]}/")).ShouldBe(200);
        ((string?)read["user_id"], (string?)read["agent_id"], (string?)read["run_id"], (string?)read["app_id"]).ShouldBe((user, id, id, id));
        var listed = (await Api.GetAsync($"/v1/entities/?user_id={Uri.EscapeDataString(user)}")).ShouldBe(200);
        ((string?)listed["results"]![0]!["name"]).ShouldBe(user);

        (await Api.DeleteAsync($"/v2/entities/agent/{Uri.EscapeDataString(id + "x")}/?user_id={Uri.EscapeDataString(user)}")).ShouldBe(200);
        (await Api.GetAsync($"/v1/memories/{added["id"]}/")).ShouldBe(200);
        (await Api.DeleteAsync($"/v2/entities/agent/{Uri.EscapeDataString(id)}/?user_id={Uri.EscapeDataString(user)}")).ShouldBe(200);
        (await Api.GetAsync($"/v1/memories/{added["id"]}/")).ShouldBeProblem(404, "not_found");

        added = (await Api.PostAsync("/v3/memories/add/", body.ToJsonString())).ShouldBe(200)["results"]![0]!;
        (await Api.DeleteAsync($"/v2/entities/user/{Uri.EscapeDataString(user)}")).ShouldBe(200);
        (await Api.GetAsync($"/v1/memories/{added["id"]}/")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task An_entity_that_path_and_query_name_is_refused()
    {
        await AddAsync("I sail.");

        (await Api.DeleteAsync($"/v2/entities/user/{_user}/?user_id=bob")).ShouldBeProblem(400, "invalid_request", "user_id");

        (await TextsAsync()).ShouldBe(["I sail."]);
    }

    [Fact]
    public async Task What_is_known_of_a_user_is_counted_as_far_as_the_query_says()
    {
        await AddAsync("one", ""","agent_id":"a","app_id":"x" """);
        await AddAsync("two", ""","agent_id":"b","app_id":"x" """);

        (await TotalAsync("")).ShouldBe(2);
        (await TotalAsync("&agent_id=a")).ShouldBe(1);
        (await TotalAsync("&app_id=x")).ShouldBe(2);
        (await TotalAsync("&agent_id=c")).ShouldBeNull();
        (await TotalAsync("&run_id=r")).ShouldBeNull();
        var second = (await Api.GetAsync($"/v1/entities/?user_id={_user}&agent_id=a&page=2&page_size=1")).ShouldBe(200);
        second["results"]!.AsArray().ShouldBeEmpty();
        ((int)second["count"]!).ShouldBe(1);
        ((int)(await Api.GetAsync((string)second["previous"]!)).ShouldBe(200)["results"]![0]!["total_memories"]!).ShouldBe(1);
        (await Api.GetAsync($"/v1/entities/?user_id={_user}&page=0")).ShouldBeProblem(400, "invalid_request", "page");

        async Task<int?> TotalAsync(string query) =>
            (int?)(await Api.GetAsync($"/v1/entities/?user_id={_user}{query}")).ShouldBe(200)["results"]!.AsArray().SingleOrDefault()?["total_memories"];
    }

    [Fact]
    public async Task What_is_said_in_another_application_or_run_is_another_memory()
    {
        string[] places = ["", ""","app_id":"x" """, ""","app_id":"y" """, ""","run_id":"x" """, ""","app_id":"x","run_id":"x" """];
        var ids = new List<string>();
        foreach (var place in places)
        {
            var added = await AddAsync("I sail.", place);
            ((string?)added["event"]).ShouldBe("ADD", place);
            ids.Add((string)added["id"]!);
            var again = await AddAsync("I sail.", place);
            ((string?)again["event"], (string?)again["id"]).ShouldBe(("NONE", ids[^1]), place);
        }

        ids.ShouldBeUnique();
        (await TextsAsync("", ""","app_id":"x" """)).Length.ShouldBe(2);
        (await TextsAsync("", ""","run_id":"x" """)).Length.ShouldBe(2);
        (await Api.DeleteAsync($"/v1/memories/?user_id={_user}&app_id=x")).ShouldBe(200);
        (await TextsAsync()).Length.ShouldBe(3);
        (await Api.PutAsync($"/v1/memories/{ids[2]}/", """{"text":"I row."}""")).ShouldBe(200);
        (await Api.PutAsync($"/v1/memories/{ids[3]}/", """{"text":"I row."}""")).ShouldBe(200);
    }

    [Fact]
    public async Task A_batch_happens_as_a_whole_or_not_at_all()
    {
        var ids = new List<string>();
        foreach (var text in (string[])["one", "two", "three"])
        {
            ids.Add((string)(await AddAsync(text))["id"]!);
        }

        (await UpdateAsync((ids[0], "eins"), (ids[1], "three"))).ShouldBeProblem(409, "already_exists");
        (await UpdateAsync((ids[0], "eins"), (ids[1], " "))).ShouldBeProblem(400, "invalid_request", "memories[1].text");
        (await UpdateAsync((ids[0], "eins"), (ids[1][..^2] + "AA", "x"))).ShouldBeProblem(404, "not_found");
        (await Api.PutAsync("/v1/batch/", $$"""{"memories":[{"memory_id":"{{ids[0]}}","text":"eins"},{"memory_id":"{{ids[1]}}","metadata":{"a":1},"expiration_date":"2001-01-01"}]}"""))
            .ShouldBeProblem(400, "invalid_request", "memories[1].expiration_date");
        (await TextsAsync()).ShouldBe(["three", "two", "one"]);
        ((string?)(await UpdateAsync((ids[0], "eins"), (ids[1], "zwei"))).ShouldBe(200)["message"]).ShouldBe("Successfully updated 2 memories");
        (await TextsAsync()).ShouldBe(["three", "zwei", "eins"]);

        (await RemoveAsync(ids[0], ids[1][..^2] + "AA")).ShouldBeProblem(404, "not_found");
        (await TextsAsync()).Length.ShouldBe(3);
        ((string?)(await RemoveAsync(ids[0], ids[1])).ShouldBe(200)["message"]).ShouldBe("Successfully deleted 2 memories");
        (await TextsAsync()).ShouldBe(["three"]);
        (await UpdateAsync((ids[2], "drei"), (ids[0], "gone"))).ShouldBeProblem(404, "not_found");
        (await TextsAsync()).ShouldBe(["three"]);

        Task<ApiAnswer> UpdateAsync(params (string Id, string Text)[] changes) => Api.PutAsync(
            "/v1/batch/", $$"""{"memories":[{{string.Join(',', changes.Select(change => $$"""{"memory_id":"{{change.Id}}","text":"{{change.Text}}"}"""))}}]}""");
        Task<ApiAnswer> RemoveAsync(params string[] memories) => Api.SendAsync(
            HttpMethod.Delete,
            "/v1/batch/",
            new StringContent($$"""{"memories":[{{string.Join(',', memories.Select(id => $$"""{"memory_id":"{{id}}"}"""))}}]}""", null, "application/json"));
    }

    /// <summary>A memory as it is kept.</summary>
    private async Task<JsonNode> RecordAsync(JsonNode memory) =>
        (await fixture.Server.As(_user).GetAsync("/memory/memories")).ShouldBe(200)["memories"]!.AsArray().Single(record => (string?)record!["content"] == (string?)memory["memory"])!;

    private async Task<JsonNode> AddAsync(string text, string more = "") =>
        (await Api.PostAsync("/v3/memories/add/", $$"""{"messages":"{{text}}","user_id":"{{_user}}"{{more}}}""")).ShouldBe(200)["results"]![0]!;

    private async Task<string[]> TextsAsync(string more = "", string filters = "") => TextsOf(
        (await Api.PostAsync("/v3/memories/", $$"""{"filters":{"user_id":"{{_user}}"{{filters}}}{{more}}}""")).ShouldBe(200));

    private async Task<string[]> FoundAsync(string query, string more) => TextsOf(
        (await Api.PostAsync("/v3/memories/search/", $$"""{"query":"{{query}}","filters":{"user_id":"{{_user}}"}{{more}}}""")).ShouldBe(200));

    private static string[] TextsOf(ApiAnswer answer) => [.. answer["results"]!.AsArray().Select(memory => (string)memory!["memory"]!)];
}
