using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Requests to long-term memory that break a rule: refused by name, with nothing stored.</summary>
public abstract class MemoryInputFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Theory]
    [InlineData("{}", "content", "is required")]
    [InlineData("""{"content":null}""", "content", "is required")]
    [InlineData("""{"content":""}""", "content", "empty")]
    [InlineData("""{"content":" \n\t "}""", "content", "empty")]
    [InlineData("""{"content":5}""", "content", "must be a string")]
    [InlineData("""{"content":["a"]}""", "content", "must be a string")]
    [InlineData("""{"content":"a","content":"b"}""", "content", "is given twice")]
    [InlineData("""{"content":"a","metadata":[1]}""", "metadata", "must be a JSON object")]
    [InlineData("""{"content":"a","metadata":"x"}""", "metadata", "must be a JSON object")]
    [InlineData("""{"content":"a","kind":"rumour"}""", "kind", "must be one of fact, insight, summary, interaction, profile")]
    [InlineData("""{"content":"a","kind":1}""", "kind", "must be one of")]
    [InlineData("""{"content":"a","agent_id":"no spaces"}""", "agent_id", "must be 1 to 128")]
    [InlineData("""{"content":"a","id":"../x"}""", "id", "must be 1 to 128")]
    [InlineData("""{"content":"a","confidence":1.5}""", "confidence", "0 to 1")]
    [InlineData("""{"content":"a","confidence":-0.1}""", "confidence", "0 to 1")]
    [InlineData("""{"content":"a","confidence":"high"}""", "confidence", "must be a number")]
    [InlineData("""{"content":"a","importance":"huge"}""", "importance", "must be one of low, medium, high")]
    [InlineData("""{"content":"a","pinned":"yes"}""", "pinned", "must be true or false")]
    [InlineData("""{"content":"a","event_time":"yesterday"}""", "event_time", "ISO 8601")]
    [InlineData("""{"content":"a","valid_from":"2024-05-02","valid_to":"2024-05-01"}""", "valid_to", "valid_from")]
    [InlineData("""{"content":"a","ttl_hours":0}""", "ttl_hours", "from 1 to 8760")]
    [InlineData("""{"content":"a","ttl_hours":8761}""", "ttl_hours", "from 1 to 8760")]
    [InlineData("""{"content":"a","ttl_hours":1.5}""", "ttl_hours", "must be a whole number")]
    [InlineData("""{"content":"a","ttl_hours":1,"expires_at":"2040-01-01"}""", "expires_at", "give one of them")]
    [InlineData("""{"content":"a","sources":[null]}""", "sources[0]", "must be an object")]
    [InlineData("""{"content":"a","sources":[{}]}""", "sources[0].session_id", "is required")]
    [InlineData("""{"content":"a","sources":[{"session_id":"a b"}]}""", "sources[0].session_id", "must be 1 to 128")]
    [InlineData("""{"content":"a","sources":{}}""", "sources", "must be an array")]
    [InlineData("""{"content":"half \ud83d"}""", "body", "lone surrogate")]
    [InlineData("""{"content":"a","user_id":"someone-else"}""", "user_id", "differs from the header")]
    public async Task A_memory_that_breaks_a_rule_is_refused_by_name(string body, string field, string rule)
    {
        (await Api.PostAsync("/memory/remember", body)).ShouldBeProblem(400, "invalid_request", field, rule);

        ((int)(await Api.GetAsync("/memory/memories")).ShouldBe(200)["total"]!).ShouldBe(0);
    }

    [Theory]
    [InlineData("{}", "memories", "is required")]
    [InlineData("""{"memories":[]}""", "memories", "must not be empty")]
    [InlineData("""{"memories":{}}""", "memories", "must be an array")]
    [InlineData("""{"memories":[null]}""", "memories[0]", "must be an object")]
    [InlineData("""{"memories":[{"content":"a"},7]}""", "memories[1]", "must be an object")]
    [InlineData("""{"memories":[{"content":"a"},{}]}""", "memories[1].content", "is required")]
    [InlineData("""{"memories":[{"content":"a"},{"content":"b","confidence":2}]}""", "memories[1].confidence", "0 to 1")]
    [InlineData("""{"memories":[{"content":"a","user_id":"someone-else"}]}""", "memories[0].user_id", "differs from the batch's user")]
    public async Task A_batch_that_breaks_a_rule_is_refused_as_a_whole(string body, string field, string rule)
    {
        (await Api.PostAsync("/memory/remember/batch", body)).ShouldBeProblem(400, "invalid_request", field, rule);

        ((int)(await Api.GetAsync("/memory/memories")).ShouldBe(200)["total"]!).ShouldBe(0);
    }

    [Theory]
    [InlineData("POST", "/memory/recall", "{}", "query", "is required")]
    [InlineData("POST", "/memory/recall", """{"query":"  "}""", "query", "must not be empty")]
    [InlineData("POST", "/memory/recall", """{"query":7}""", "query", "must be a string")]
    [InlineData("POST", "/memory/recall", """{"query":"a","limit":0}""", "limit", "from 1 to 1000")]
    [InlineData("POST", "/memory/recall", """{"query":"a","limit":1001}""", "limit", "from 1 to 1000")]
    [InlineData("POST", "/memory/recall", """{"query":"a","limit":"ten"}""", "limit", "must be a whole number")]
    [InlineData("POST", "/memory/recall", """{"query":"a","mode":"magic"}""", "mode", "must be one of auto, keyword, vector, hybrid")]
    [InlineData("POST", "/memory/recall", """{"query":"a","group_by":"user"}""", "group_by", "must be one of session")]
    [InlineData("POST", "/memory/recall", """{"query":"a","max_tokens":0}""", "max_tokens", "1 or more")]
    [InlineData("POST", "/memory/recall", """{"query":"a","min_score":1.1}""", "min_score", "0 to 1")]
    [InlineData("POST", "/memory/recall", """{"query":"a","turns":false,"records":false}""", "records", "must be true")]
    [InlineData("POST", "/memory/recall", """{"query":"a","turns":"no"}""", "turns", "must be true or false")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":[]}""", "filters", "must be an object")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"kinds":["rumour"]}}""", "filters.kinds[0]", "must be one of")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"kind":"fact","kinds":["fact"]}}""", "filters.kinds", "give one of them")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"category":"a","categories":["a"]}}""", "filters.categories", "give one of them")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"categories":[null]}}""", "filters.categories", "strings only")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"role":"robot"}}""", "filters.role", "must be one of")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"from":"soon"}}""", "filters.from", "ISO 8601")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"session_id":"a/b"}}""", "filters.session_id", "must be 1 to 128")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"agent_id":"a b"}}""", "filters.agent_id", "must be 1 to 128")]
    [InlineData("POST", "/memory/recall", """{"query":"a","filters":{"agent_id":"a","agent_id":"b"}}""", "filters.agent_id", "is given twice")]
    [InlineData("POST", "/memory/retrieve", "{}", "query", "is required")]
    [InlineData("POST", "/memory/retrieve", """{"query":"a","top_k":0}""", "top_k", "from 1 to 100")]
    [InlineData("POST", "/memory/retrieve", """{"query":"a","top_k":101}""", "top_k", "from 1 to 100")]
    [InlineData("POST", "/memory/retrieve", """{"query":"a","session_id":".."}""", "session_id", "must be 1 to 128")]
    [InlineData("POST", "/insights", """{"recent_only":"yes"}""", "recent_only", "must be true or false")]
    [InlineData("POST", "/insights", """{"limit":0}""", "limit", "from 1 to 1000")]
    [InlineData("POST", "/memory/forget", """{"filters":{"colour":"red"},"all":true}""", "filters.colour", "not known")]
    [InlineData("POST", "/memory/forget", """{"max_age_days":"old"}""", "max_age_days", "must be a whole number")]
    [InlineData("PATCH", "/memory/memories/m", """{"content":5}""", "content", "must be a string")]
    [InlineData("PATCH", "/memory/memories/m", """{"ttl_hours":0}""", "ttl_hours", "from 1 to 8760")]
    [InlineData("PATCH", "/memory/memories/m", """{"ttl_hours":1,"expires_at":"2040-01-01"}""", "expires_at", "give one of them")]
    [InlineData("POST", "/memory/memories/m/restore", """{"reason":5}""", "reason", "must be a string")]
    [InlineData("POST", "/memory/context", """{"session_id":"s","long_term":"no"}""", "long_term", "must be true or false")]
    [InlineData("GET", "/memory/memories?limit=0", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/memory/memories?limit=1001", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/memory/memories?offset=-1", null, "offset", "from 0")]
    [InlineData("GET", "/memory/memories?offset=1&after=x", null, "offset", "together with after")]
    [InlineData("GET", "/memory/memories?kind=rumour", null, "kind", "must be one of fact, insight")]
    [InlineData("GET", "/memory/memories?kind=", null, "kind", "must be one of fact, insight")]
    [InlineData("GET", "/memory/memories?state=lost", null, "state", "must be one of active, expiring, expired, archived, deleted")]
    [InlineData("GET", "/memory/memories?agent_id=a%20b", null, "agent_id", "must be 1 to 128")]
    [InlineData("GET", "/memory/memories?user_id=someone-else", null, "user_id", "differs from the header")]
    [InlineData("GET", "/memory/memories/a%2Fb", null, "memory_id", "must be 1 to 128")]
    [InlineData("GET", "/memory/memories/a%252Fb", null, "memory_id", "must be 1 to 128")]
    [InlineData("DELETE", "/memory/memories/m?purge=maybe", null, "purge", "must be true or false")]
    [InlineData("DELETE", "/users/a%2Fb", null, "user_id", "must be 1 to 128")]
    [InlineData("DELETE", "/users/someone-else", null, "user_id", "differs from the header")]
    [InlineData("GET", "/users/someone-else/erasure", null, "user_id", "differs from the header")]
    [InlineData("GET", "/users/someone-else/insights", null, "user_id", "differs from the header")]
    public async Task A_value_that_breaks_a_rule_is_refused_by_name(string method, string path, string? body, string field, string rule)
    {
        var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");

        (await Api.SendAsync(new HttpMethod(method), path, content)).ShouldBeProblem(400, "invalid_request", field, rule);
    }

    [Theory]
    [InlineData("POST", "/memory/remember")]
    [InlineData("POST", "/memory/remember/batch")]
    [InlineData("POST", "/memory/recall")]
    [InlineData("POST", "/memory/retrieve")]
    [InlineData("POST", "/memory/forget")]
    [InlineData("POST", "/insights")]
    [InlineData("PATCH", "/memory/memories/m")]
    public async Task A_body_must_be_there_and_be_json(string method, string path)
    {
        var verb = new HttpMethod(method);

        (await Api.SendAsync(verb, path, null)).ShouldBeProblem(400, "invalid_request", "body", "is required");
        (await Api.SendAsync(verb, path, Json("{"))).ShouldBeProblem(400, "invalid_request", "body", "not valid JSON");
        (await Api.SendAsync(verb, path, Json("[]"))).ShouldBeProblem(400, "invalid_request", "body");
        (await Api.SendAsync(verb, path, Json("null"))).ShouldBeProblem(400, "invalid_request", "body");
        (await Api.SendAsync(verb, path, new StringContent("{}", Encoding.UTF8, "text/plain"))).ShouldBeProblem(415, "unsupported_media_type");
        (await Api.SendAsync(verb, path, Json($$"""{"x":"{{new string('x', 1024 * 1024)}}"}"""))).ShouldBeProblem(413, "too_large", "body");
    }

    [Fact]
    public async Task What_is_too_large_is_413_and_not_kept()
    {
        (await Api.PostAsync("/memory/remember", new JsonObject { ["content"] = new string('x', (64 * 1024) + 1) }.ToJsonString())).ShouldBeProblem(413, "too_large", "content");
        (await Api.PostAsync("/memory/recall", new JsonObject { ["query"] = new string('x', 8_193) }.ToJsonString())).ShouldBeProblem(413, "too_large", "query");
        (await Api.PostAsync("/memory/retrieve", new JsonObject { ["query"] = new string('x', 8_193) }.ToJsonString())).ShouldBeProblem(413, "too_large", "query");

        ((int)(await Api.GetAsync("/memory/memories")).ShouldBe(200)["total"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Unknown_fields_are_ignored()
    {
        (await Api.PostAsync("/memory/remember", """{"content":"a","mood":{"deep":[1,null]}}""")).ShouldBe(200);
        (await Api.PostAsync("/memory/recall", """{"query":"a","mood":1}""")).ShouldBe(200);
        (await Api.PostAsync("/insights", """{"mood":1}""")).ShouldBe(200);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
