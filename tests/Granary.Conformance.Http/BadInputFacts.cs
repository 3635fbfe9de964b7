using System.Text;

namespace Granary.Conformance.Http;

/// <summary>What is refused, by field and rule, with nothing stored.</summary>
public abstract class BadInputFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    /// <summary>Bodies of <c>POST /memory/store</c>: what is wrong, the status, the field, words of the rule.</summary>
    public static TheoryData<string, int, string, string> Turns => new()
    {
        { "", 400, "body", "is required" },
        { "null", 400, "body", "must be an object" },
        { "[]", 400, "body", "must be an object" },
        { "\"text\"", 400, "body", "must be an object" },
        { "{", 400, "body", "is not valid JSON" },
        { "{}{}", 400, "body", "is not valid JSON" },
        { "{'user_message':'a'}", 400, "body", "is not valid JSON" },
        { """{"session_id":"s","user_message":"a","agent_message":"b",}""", 400, "body", "is not valid JSON" },
        { """{"session_id":"s" /* why */}""", 400, "body", "is not valid JSON" },
        { """{"session_id":"s","agent_message":"b"}""", 400, "user_message", "is required" },
        { """{"session_id":"s","user_message":null,"agent_message":"b"}""", 400, "user_message", "is required" },
        { """{"session_id":"s","user_message":"a"}""", 400, "agent_message", "is required" },
        { """{"session_id":"s","user_message":"","agent_message":"b"}""", 400, "user_message", "must not be empty" },
        { """{"session_id":"s","user_message":"   ","agent_message":"b"}""", 400, "user_message", "must not be empty" },
        { """{"session_id":"s","user_message":"a","agent_message":""}""", 400, "agent_message", "must not be empty" },
        { """{"session_id":"s","user_message":5,"agent_message":"b"}""", 400, "user_message", "must be a string" },
        { """{"session_id":"s","user_message":["a"],"agent_message":"b"}""", 400, "user_message", "must be a string" },
        { """{"session_id":"s","user_message":"a","agent_message":{}}""", 400, "agent_message", "must be a string" },
        { """{"session_id":"s","user_message":"a","agent_message":"b","timestamp":"yesterday"}""", 400, "timestamp", "ISO 8601" },
        { """{"user_message":"a","agent_message":"b"}""", 400, "session_id", "is required" },
        { """{"session_id":"","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"..","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"a/b","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"a b","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"\u0000","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"é","user_message":"a","agent_message":"b"}""", 400, "session_id", "must be 1 to 128" },
        { """{"session_id":"s","session_id":"t","user_message":"a","agent_message":"b"}""", 400, "session_id", "is given twice" },
        { """{"session_id":"s","agent_id":"no spaces","user_message":"a","agent_message":"b"}""", 400, "agent_id", "must be 1 to 128" },
        { """{"session_id":"s","resource":"../etc","user_message":"a","agent_message":"b"}""", 400, "resource", "must be 1 to 128" },
        { """{"session_id":"s","user_message":"a","agent_message":"b","idempotency_key":""}""", 400, "idempotency_key", "visible ASCII" },
        { """{"session_id":"s","user_message":"a","agent_message":"b","idempotency_key":"with blank"}""", 400, "idempotency_key", "visible ASCII" },
        { """{"session_id":"s","user_message":"half \ud83d","agent_message":"b"}""", 400, "body", "lone surrogate" },
        { """{"session_id":"s","user_message":"a","agent_message":"b","extra":"half \ude00"}""", 400, "body", "lone surrogate" },
    };

    /// <summary>Lists of messages of <c>POST /sessions/{session_id}/messages</c>.</summary>
    public static TheoryData<string, int, string, string> Messages => new()
    {
        { "null", 400, "messages", "is required" },
        { "[]", 400, "messages", "must hold 1 to 100" },
        { "{}", 400, "messages", "must be an array" },
        { "[null]", 400, "messages[0]", "" },
        { "[7]", 400, "messages[0]", "must be an object" },
        { """[{"content":"a"}]""", 400, "messages[0].role", "is required" },
        { """[{"role":"robot","content":"a"}]""", 400, "messages[0].role", "must be one of system, user, assistant, tool" },
        { """[{"role":1,"content":"a"}]""", 400, "messages[0].role", "must be one of" },
        { """[{"role":"user","content":""}]""", 400, "messages[0].content", "must not be empty" },
        { """[{"role":"user"}]""", 400, "messages[0].content", "must not be empty" },
        { """[{"role":"user","content":"a"},{"role":"user","content":[1]}]""", 400, "messages[1].content", "must be a string" },
        { """[{"role":"user","content":"a","metadata":[1]}]""", 400, "messages[0].metadata", "must be a JSON object" },
        { """[{"role":"user","content":"a","metadata":{"a":1,"a":2}}]""", 400, "messages[0].metadata", "" },
        { """[{"role":"user","content":"a","role":"tool"}]""", 400, "messages[0].role", "is given twice" },
        { """[{"role":"tool","content":"a"}]""", 400, "messages[0].tool_call_id", "is required" },
        { """[{"role":"tool","content":"a","tool_call_id":"c1"}]""", 400, "messages[0].tool_call_id", "" },
        { """[{"role":"assistant","tool_calls":[null]}]""", 400, "messages[0].tool_calls[0]", "" },
        { """[{"role":"assistant","tool_calls":[{"name":"n","arguments":{}}]}]""", 400, "messages[0].tool_calls[0].id", "is required" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","name":"n"}]}]""", 400, "messages[0].tool_calls[0].arguments", "must be a JSON object or a string" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","name":"n","arguments":5}]}]""", 400, "messages[0].tool_calls[0].arguments", "must be a JSON object or a string" },
        { """[{"role":"user","tool_calls":[{"id":"c","name":"n","arguments":{}}]}]""", 400, "messages[0].tool_calls", "assistant" },
        { """[{"role":"user","content":"a","media":[{"type":"image"}]}]""", 400, "messages[0].media[0].url", "is required" },
        { """[{"role":"user","content":"a","media":[{"type":"smell","url":"https://a/b"}]}]""", 400, "messages[0].media[0].type", "must be one of" },
        { """[{"role":"user","content":"a","id":"x"},{"role":"user","content":"b","id":"x"}]""", 400, "messages[1].id", "twice" },
    };

    [Theory]
    [MemberData(nameof(Turns))]
    public async Task A_turn_that_breaks_a_rule_is_refused_by_name(string body, int status, string field, string rule)
    {
        (await Api.PostAsync("/memory/store", body)).ShouldBeProblem(status, status == 413 ? "too_large" : "invalid_request", field, rule);

        ((int)(await Api.GetAsync("/sessions"))["count"]!).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Messages_that_break_a_rule_are_refused_by_name(string messages, int status, string field, string rule)
    {
        (await Api.PostAsync("/sessions/s/messages", $$"""{"messages":{{messages}}}""")).ShouldBeProblem(status, "invalid_request", field, rule);

        ((int)(await Api.GetAsync("/sessions"))["count"]!).ShouldBe(0);
    }

    [Theory]
    [InlineData("POST", "/sessions/start", """{"restore":"yes"}""", "restore", "must be true or false")]
    [InlineData("POST", "/sessions/start", """{"key_values":{"a":1}}""", "key_values.a", "must be a string")]
    [InlineData("POST", "/sessions/start", """{"key_values":{"a":null}}""", "key_values.a", "must be a string")]
    [InlineData("POST", "/sessions/end", "{}", "session_id", "is required")]
    [InlineData("POST", "/memory/context", """{"session_id":"s","max_tokens":0}""", "max_tokens", "1 or more")]
    [InlineData("POST", "/memory/context", """{"session_id":"s","max_tokens":1.5}""", "max_tokens", "must be a whole number")]
    [InlineData("POST", "/memory/context", """{"session_id":"s","max_tokens":99999999999}""", "max_tokens", "must be a whole number")]
    [InlineData("POST", "/memory/context", """{"session_id":"s","format":"xml"}""", "format", "must be one of turns, messages, text")]
    [InlineData("POST", "/summaries", """{"limit":0}""", "limit", "from 1 to 100")]
    [InlineData("POST", "/summaries", """{"limit":101}""", "limit", "from 1 to 100")]
    [InlineData("POST", "/sessions/s/clear", """{"confirm":"true"}""", "confirm", "must be true or false")]
    [InlineData("GET", "/sessions/s/messages?from=0", null, "from", "1 or more")]
    [InlineData("GET", "/sessions/s/messages?from=-1", null, "from", "1 or more")]
    [InlineData("GET", "/sessions/s/messages?from=x", null, "from", "1 or more")]
    [InlineData("GET", "/sessions/s/messages?from=99999999999999999999", null, "from", "1 or more")]
    [InlineData("GET", "/sessions/s/messages?limit=0", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/sessions/s/messages?limit=1001", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/sessions/s/messages?limit=", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/sessions/s/messages?limit=1&limit=2", null, "limit", "once")]
    [InlineData("GET", "/sessions?limit=1001", null, "limit", "from 1 to 1000")]
    [InlineData("GET", "/sessions?status=gone", null, "status", "active, completed")]
    [InlineData("GET", "/sessions?agent_id=a%20b", null, "agent_id", "must be 1 to 128")]
    [InlineData("GET", "/sessions/s/epochs/0", null, "n", "1 or more")]
    [InlineData("GET", "/sessions/s/epochs/one", null, "n", "1 or more")]
    [InlineData("GET", "/sessions/s/events?last_event_id=-1", null, "last_event_id", "0 or more")]
    [InlineData("GET", "/sessions/a%2Fb", null, "session_id", "must be 1 to 128")]
    [InlineData("GET", "/sessions/a%252Fb", null, "session_id", "must be 1 to 128")]
    public async Task A_value_that_breaks_a_rule_is_refused_by_name(string method, string path, string? body, string field, string rule)
    {
        var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");

        (await Api.SendAsync(new HttpMethod(method), path, content)).ShouldBeProblem(400, "invalid_request", field, rule);
    }

    [Fact]
    public async Task Unknown_fields_are_ignored()
    {
        (await Api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b","mood":{"deep":[1,2,{"x":null}]},"mood":1}""")).ShouldBe(200);
        (await Api.PostAsync("/sessions/t/messages", """{"messages":[{"role":"user","content":"a","colour":"red"}],"x":1}""")).ShouldBe(200);
    }

    [Fact]
    public async Task Escaped_characters_that_are_whole_are_taken()
    {
        (await Api.PostAsync("/memory/store", """{"session_id":"s","user_message":"\ud83d\ude42 \u00e9","agent_message":"b"}""")).ShouldBe(200);

        ((string?)(await Api.GetAsync("/sessions/s/messages"))["messages"]![0]!["content"]).ShouldBe("🙂 é");
    }

    [Fact]
    public async Task Text_that_is_no_utf_8_is_refused_wherever_it_is()
    {
        foreach (var place in new[] { "user_message", "unknown", "metadata" })
        {
            var body = Encoding.UTF8.GetBytes($$"""{"session_id":"s","user_message":"a","agent_message":"b","{{place}}":"X"}""".Replace("\"user_message\":\"a\",", place == "user_message" ? "" : "\"user_message\":\"a\","));
            body[Array.LastIndexOf(body, (byte)'X')] = 0xC3;

            (await SendJsonAsync("/memory/store", body)).ShouldBeProblem(400, "invalid_request", "body", "must be valid UTF-8");
        }
    }

    [Fact]
    public async Task Json_may_be_64_deep_and_not_deeper()
    {
        (await Api.PostAsync("/memory/store", Nested(63))).ShouldBe(200);
        (await Api.PostAsync("/memory/store", Nested(64))).ShouldBeProblem(400, "invalid_request", "body", "deeper than 64");
        (await Api.PostAsync("/memory/store", Nested(50_000))).ShouldBeProblem(400, "invalid_request", "body", "deeper than 64");
        (await Api.PostAsync("/memory/store/batch", Nested(64))).ShouldBeProblem(400, "invalid_request", "body", "deeper than 64");

        static string Nested(int depth) =>
            $$"""{"session_id":"s","user_message":"a","agent_message":"b","deep":{{new string('[', depth)}}{{new string(']', depth)}}}""";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_above_1_MiB_is_413_and_one_below_is_looked_at(bool chunked)
    {
        var large = Encoding.UTF8.GetBytes("""{"session_id":"s","user_message":"a","agent_message":"b","pad":" """.TrimEnd() + new string('x', 1_048_576) + "\"}");
        var fits = Encoding.UTF8.GetBytes("""{"session_id":"s","user_message":"a","agent_message":"b","pad":" """.TrimEnd() + new string('x', 1_000_000) + "\"}");

        (await SendJsonAsync("/memory/store", large, chunked)).ShouldBeProblem(413, "too_large", "body");
        (await SendJsonAsync("/memory/store/batch", large, chunked)).ShouldBeProblem(413, "too_large", "body");
        (await SendJsonAsync("/sessions/s/compact", large, chunked)).ShouldBeProblem(413, "too_large", "body");
        (await SendJsonAsync("/memory/store", fits, chunked)).ShouldBe(200);
    }

    [Fact]
    public async Task A_message_above_256_KiB_is_413_and_nothing_is_stored()
    {
        var text = new string('x', MessageLimits.MaxMessageBytes + 1);

        (await StoreAsync("s", text)).ShouldBeProblem(413, "too_large", "user_message");
        (await StoreAsync("s", "a", text)).ShouldBeProblem(413, "too_large", "agent_message");
        (await Api.PostAsync("/sessions/s/messages", $$"""{"messages":[{"role":"user","content":"{{text}}"}]}""")).ShouldBeProblem(413, "too_large", "messages[0]");
        (await Api.PostAsync("/sessions/s/messages", $$$"""{"messages":[{"role":"user","content":"a","metadata":{"a":"{{{text[..17_000]}}}"}}]}"""))
            .ShouldBeProblem(413, "too_large", "messages[0].metadata");
        (await Api.GetAsync("/sessions/s")).ShouldBe(404);
        (await StoreAsync("s", text[..^1])).ShouldBe(200);
    }

    [Fact]
    public async Task More_than_100_messages_are_413()
    {
        (await Api.PostAsync("/sessions/s/messages", Many(101))).ShouldBeProblem(413, "too_large", "messages");
        (await Api.PostAsync("/sessions/s/messages", Many(100))).ShouldBe(200);

        static string Many(int count) =>
            $$"""{"messages":[{{string.Join(',', Enumerable.Range(0, count).Select(n => $$"""{"role":"user","content":"{{n}}"}"""))}}]}""";
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonx")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("rubbish")]
    public async Task A_body_of_another_content_type_is_415(string type)
    {
        foreach (var path in new[] { "/memory/store", "/sessions/start", "/sessions/s/compact", "/memory/store/batch", "/sessions/import" })
        {
            (await SendJsonAsync(path, "{}"u8.ToArray(), type: type)).ShouldBeProblem(415, "unsupported_media_type");
        }
    }

    [Fact]
    public async Task A_body_without_a_content_type_is_415_and_one_with_a_charset_or_other_case_is_taken()
    {
        const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

        (await SendJsonAsync("/memory/store", Encoding.UTF8.GetBytes(Turn), type: null)).ShouldBeProblem(415, "unsupported_media_type");
        (await SendJsonAsync("/memory/store", Encoding.UTF8.GetBytes(Turn), type: "Application/JSON; Charset=\"UTF-8\"")).ShouldBe(200);
        (await SendJsonAsync("/memory/store", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Turn)])).ShouldBe(200);
    }

    [Theory]
    [InlineData("Idempotency-Key", "with blank")]
    [InlineData("Idempotency-Key", "")]
    [InlineData("X-User-ID", "a b")]
    [InlineData("X-Tenant-ID", "a/b")]
    public async Task A_header_that_breaks_a_rule_is_refused_by_name(string name, string value)
    {
        var client = Server.Client();
        const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

        (await client.PostAsync("/memory/store", Turn, [(name, value), .. name == "X-User-ID" ? [] : new[] { ("X-User-ID", User) }]))
            .ShouldBeProblem(400, "invalid_request", name);
    }

    [Fact]
    public async Task An_idempotency_key_has_255_characters_at_the_most()
    {
        const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

        (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", new string('k', 256)))).ShouldBeProblem(400, "invalid_request", "Idempotency-Key");
        (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", new string('~', 255)))).ShouldBe(200);
    }

    private Task<ApiAnswer> SendJsonAsync(string path, byte[] body, bool chunked = false, string? type = "application/json")
    {
        HttpContent content = chunked ? new StreamContent(new UnknownLength(body)) : new ByteArrayContent(body);
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return Api.SendAsync(HttpMethod.Post, path, content);
    }

    /// <summary>A stream that does not tell its length, so that it is sent in chunks.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
