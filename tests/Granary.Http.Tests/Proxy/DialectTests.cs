using System.Text.Json.Nodes;

namespace Granary.Http.Tests.Proxy;

/// <summary>Each client's shape over each provider's, in one piece and as a stream.</summary>
public sealed class DialectTests : ProxyTest
{
    private static readonly string[] Models = ["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash"];

    private static readonly string[] Paths = ["/v1/chat/completions", "/v1/responses", "/v1/messages"];

    public static TheoryData<string, string, bool> All
    {
        get
        {
            var all = new TheoryData<string, string, bool>();
            foreach (var path in Paths)
            {
                foreach (var model in Models)
                {
                    all.Add(path, model, true);
                    all.Add(path, model, false);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_shape_over_every_provider_remembers(string path, string model, bool stream)
    {
        Script(path, model, stream, "Your", " name is Ada.");
        var first = (await Api.PostAsync(path, Body(path, model, stream, "My name is Ada."), ("X-Session-ID", "s"))).ShouldBe(200);
        SaidBy(path, stream, first.Text).ShouldBe("Your name is Ada.");
        (await ViewAsync("s")).ShouldBe(["u:My name is Ada.", "a:Your name is Ada."]);

        (await Api.PostAsync(path, Body(path, model, stream, "What is my name?"), ("X-Session-ID", "s"))).ShouldBe(200);

        (await ViewAsync("s")).Length.ShouldBe(4);
        var said = Upstream.Last.Said.Where(line => !line.StartsWith("system:", StringComparison.Ordinal)).ToList();
        said.Count.ShouldBe(3);
        said[0].ShouldBe("user: My name is Ada.");
        said[1].ShouldEndWith("Your name is Ada.");
        said[2].ShouldBe("user: What is my name?");
        if (stream)
        {
            first.ContentType.ShouldBe("text/event-stream");
            if (path == "/v1/messages")
            {
                first.Text.TrimEnd().ShouldEndWith("""{"type":"message_stop"}""");
            }
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", "claude-sonnet-4-5")]
    [InlineData("/v1/responses", "gpt-4o")]
    [InlineData("/v1/responses", "claude-sonnet-4-5")]
    [InlineData("/v1/messages", "claude-sonnet-4-5")]
    [InlineData("/v1/messages", "gpt-4o")]
    public async Task A_stream_that_breaks_off_is_an_error_in_band_in_every_shape(string path, string model)
    {
        var events = Events(path, model, "Under", "stood.");
        var until = Array.FindIndex(events, next => next.Contains("Under")) + 1;
        Upstream.Answer = (context, _) => ScriptedUpstream.TornAsync(context, string.Concat(events[..until]));

        var answer = (await Api.PostAsync(path, Body(path, model, true, "Hi"), ("X-Session-ID", "s"))).ShouldBe(200);

        answer.Text.ShouldContain("Under");
        answer.Text.ShouldContain(path == "/v1/messages" ? "event: error" : "\"error\"");
        answer.Text.ShouldNotContain("message_stop");
        answer.Text.ShouldNotContain("response.completed");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a~:Under"]);
    }

    [Theory]
    [InlineData("/v1/responses", "gpt-4o")]
    [InlineData("/v1/messages", "claude-sonnet-4-5")]
    [InlineData("/v1/messages", "gemini-2.5-flash")]
    public async Task A_turn_that_cannot_be_stored_has_no_good_end_in_any_shape(string path, string model)
    {
        Script(path, model, true, "Understood.");
        Cluster.Before = call => call == "append"
            ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "The disk is full.", TimeSpan.FromSeconds(3))
            : Task.CompletedTask;

        var answer = (await Api.PostAsync(path, Body(path, model, true, "Hi"), ("X-Session-ID", "s"))).ShouldBe(200);

        answer.Text.ShouldContain("The disk is full.");
        answer.Text.ShouldNotContain("message_stop");
        answer.Text.ShouldNotContain("event: response.completed");
    }

    [Fact]
    public async Task The_summary_joins_anthropics_system_whatever_its_form()
    {
        Upstream.Always(Texts.Message("Noted."));
        for (var turn = 0; turn < 6; turn++)
        {
            await Api.PostAsync("/v1/messages", Body("/v1/messages", Models[1], false, $"I live in Riga, remark {turn}."), ("X-Session-ID", "s"));
        }

        (await Api.PostAsync("/sessions/s/compact", """{"force":true}""")).ShouldBe(200);
        foreach (var system in (string?[])[null, "\"Be kind.\"", """[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}]"""])
        {
            var body = Body("/v1/messages", Models[1], false, "Where do I live?").Replace("\"max_tokens\"", (system is null ? "" : $"\"system\":{system},") + "\"max_tokens\"");
            (await Api.PostAsync("/v1/messages", body, ("X-Session-ID", "s"))).ShouldBe(200);

            var sent = Upstream.Last.Json["system"]!;
            sent.ToJsonString().ShouldContain("[MEMORY:");
            if (system is not null)
            {
                ((string?)sent[0]!["text"]).ShouldBe("Be kind.");
            }
        }

        Upstream.Last.Json["system"]![0]!["cache_control"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Tool_results_of_anthropics_clients_are_stored_and_known_again()
    {
        Upstream.Always("""{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"tool_use","id":"toolu_1","name":"clock","input":{"zone":"UTC"}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}}""");
        await Api.PostAsync("/v1/messages", Body("/v1/messages", Models[1], false, "Time?"), ("X-Session-ID", "s"));
        Upstream.Always(Texts.Message("Noon."));
        await Api.PostAsync(
            "/v1/messages",
            """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Time?"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"clock","input":{"zone":"UTC"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"12:00"}]}]}""",
            ("X-Session-ID", "s"));
        (await ViewAsync("s")).ShouldBe(["u:Time?", "a:toolu_1", "t:toolu_112:00", "a:Noon."]);

        await Api.PostAsync("/v1/messages", Body("/v1/messages", Models[1], false, "Thanks"), ("X-Session-ID", "s"));
        Upstream.Last.Json["messages"]!.AsArray().Count.ShouldBe(5);
        (await ViewAsync("s")).Length.ShouldBe(6);
    }

    [Fact]
    public async Task A_streamed_response_carries_an_id_that_leads_back()
    {
        Upstream.Streams(Texts.ResponseStream("Noted."));
        var answer = await Api.PostAsync("/v1/responses", Body("/v1/responses", "gpt-4o", true, "The code is 4711."), ("X-Session-ID", "s"));
        answer.Text.ShouldNotContain("resp_upstream1");
        var created = answer.Text.Split('\n').First(line => line.StartsWith("data: ", StringComparison.Ordinal));
        var id = (string)JsonNode.Parse(created[6..])!["response"]!["id"]!;

        await Api.PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"What?","stream":true,"previous_response_id":"{{id}}"}""");

        (await ViewAsync("s")).ShouldBe(["u:The code is 4711.", "a:Noted.", "u:What?", "a:Noted."]);
    }

    [Fact]
    public async Task A_compatible_server_without_responses_is_asked_for_a_chat()
    {
        Upstream.Answer = (context, call) => call.Path == "/v1/responses"
            ? ScriptedUpstream.Json(context, 404, """{"error":{"message":"no such path"}}""")
            : ScriptedUpstream.Json(context, 200, Texts.Chat("Noted."));

        for (var turn = 0; turn < 2; turn++)
        {
            var answer = (await Api.PostAsync("/v1/responses", Body("/v1/responses", "gpt-4o", false, $"Remark {turn}"), ("X-Session-ID", "s"))).ShouldBe(200);
            SaidBy("/v1/responses", false, answer.Text).ShouldBe("Noted.");
        }

        Upstream.Calls.Select(call => call.Path).ShouldBe(["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]);
    }

    [Theory]
    [InlineData("param", "input")]
    [InlineData("code", "model_not_found")]
    public async Task What_a_request_for_a_response_names_and_a_provider_lacks_is_not_asked_for_as_a_chat(string name, string value)
    {
        var body = "{\"error\":{\"message\":\"Item with id 'rs_1' not found.\",\"type\":\"invalid_request_error\",\"" + name + "\":\"" + value + "\"}}";
        Upstream.Always(body, 404);

        (await Api.PostAsync("/v1/responses", Body("/v1/responses", "gpt-4o", false, "Go on"), ("X-Session-ID", "s"))).ShouldBe(404).Text.ShouldBe(body);

        Upstream.Calls.Select(call => call.Path).ShouldBe(["/v1/responses"]);
        Upstream.Answer = (context, call) => ScriptedUpstream.Json(context, 200, Texts.Response("Noted."));
        (await Api.PostAsync("/v1/responses", Body("/v1/responses", "gpt-4o", false, "Go on"), ("X-Session-ID", "s"))).ShouldBe(200);
        Upstream.Last.Path.ShouldBe("/v1/responses");
    }

    [Fact]
    public async Task Models_are_listed_in_the_clients_shape()
    {
        Upstream.Answer = (context, call) => ScriptedUpstream.Json(context, call.Path.StartsWith("/v1beta", StringComparison.Ordinal) ? 500 : 200, call.Header("x-api-key") is null
            ? """{"object":"list","data":[{"id":"gpt-4o-2024-08-06","object":"model","created":1722814719,"owned_by":"system"},{"id":"gpt-4o"},{"id":"unknown-1"},{"id":7}]}"""
            : """{"data":[{"type":"model","id":"claude-sonnet-4-5-20250929","display_name":"Claude","created_at":"2025-09-29T00:00:00Z"}],"has_more":false}""");
        var list = (await Api.GetAsync("/v1/models")).ShouldBe(200);
        var created = list["data"]!.AsArray().ToDictionary(model => (string)model!["id"]!, model => (long)model!["created"]!);
        created["gpt-4o-2024-08-06"].ShouldBe(1722814719);
        created["claude-sonnet-4-5-20250929"].ShouldBe(1759104000);
        created.Values.ShouldAllBe(time => time > 0);
        created.Keys.Where(name => name.StartsWith("gpt", StringComparison.Ordinal)).ShouldBe(["gpt-4o", "gpt-4o-2024-08-06"]);
        created.Keys.ShouldContain("gemini-2.5-flash");
        created.Keys.ShouldNotContain("gemini");
        created.Keys.ShouldNotContain("unknown-1");
        var calls = Upstream.Calls.Count;
        (await Api.GetAsync("/v1/models")).ShouldBe(200);
        Upstream.Calls.Count.ShouldBe(calls);
        list["data"]!.AsArray().Select(model => (string?)model!["id"]).ShouldContain("gpt-4o");
        ((string?)(await Api.GetAsync("/p/ada/v1/models/gpt-4o")).ShouldBe(200)["owned_by"]).ShouldBe("openai");
        ((string?)(await Api.GetAsync("/v1/models/openai/gpt-4o")).ShouldBe(200)["id"]).ShouldBe("openai/gpt-4o");
        (await Api.GetAsync("/v1/models/nobody-1")).ShouldBe(404)["error"]!["message"].ShouldNotBeNull();
        ((string?)(await Api.GetAsync("/v1/models", ("anthropic-version", "2023-06-01"))).ShouldBe(200)["data"]![0]!["type"]).ShouldBe("model");
    }

    [Fact]
    public async Task Embeddings_are_relayed_as_they_are()
    {
        const string Body = """{ "model":"text-embedding-3-small","input":["a","b"],"x":1.0 }""";
        const string Answer = """{"object":"list","data":[ {"object":"embedding","index":0,"embedding":[0.10]} ]}""";
        Upstream.Always(Answer);

        (await Api.PostAsync("/v1/embeddings", Body)).ShouldBe(200).Text.ShouldBe(Answer);

        (Upstream.Last.Path, Upstream.Last.Text).ShouldBe(("/v1/embeddings", Body));
        (await Api.PostAsync("/v1/embeddings", """{"input":"a"}""")).ShouldBe(400)["error"]!["message"].ShouldNotBeNull();
        Upstream.Always("""{"error":{"message":"No"}}""", 429, ("Retry-After", "4"));
        (await Api.PostAsync("/p/ada/v1/embeddings", Body)).ShouldBe(429).Header("Retry-After").ShouldBe("4");
    }

    private void Script(string path, string model, bool stream, params string[] pieces)
    {
        var text = string.Concat(pieces);
        if (stream)
        {
            Upstream.Streams(Events(path, model, pieces));
        }
        else
        {
            Upstream.Always(model[..3] switch
            {
                "gpt" => path == "/v1/responses" ? Texts.Response(text) : Texts.Chat(text),
                "cla" => Texts.Message(text),
                _ => Texts.Gemini(text),
            });
        }
    }

    private static string[] Events(string path, string model, params string[] pieces) => model[..3] switch
    {
        "gpt" => path == "/v1/responses" ? Texts.ResponseStream(pieces) : Texts.ChatStream(pieces),
        "cla" => Texts.MessageStream(pieces),
        _ => Texts.GeminiStream(pieces),
    };

    private static string Body(string path, string model, bool stream, string text)
    {
        var more = stream ? ",\"stream\":true" : "";
        return path == "/v1/responses"
            ? $$"""{"model":"{{model}}","input":{{Texts.Quote(text)}}{{more}}}"""
            : $$"""{"model":"{{model}}","max_tokens":99,"messages":[{"role":"user","content":{{Texts.Quote(text)}}}]{{more}}}""";
    }

    /// <summary>The answer's text as a client of the dialect reads it.</summary>
    private static string SaidBy(string path, bool stream, string answer)
    {
        if (!stream)
        {
            var json = JsonNode.Parse(answer)!;
            return (string)(path switch
            {
                "/v1/chat/completions" => json["choices"]![0]!["message"]!["content"],
                "/v1/responses" => json["output"]![0]!["content"]![0]!["text"],
                _ => json["content"]![0]!["text"],
            })!;
        }

        var events = answer.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line[6..])!);
        return string.Concat(events.Select(next => path switch
        {
            "/v1/chat/completions" => next["choices"]!.AsArray().Count > 0 ? (string?)next["choices"]![0]!["delta"]!["content"] : "",
            "/v1/responses" => (string?)next["type"] == "response.output_text.delta" ? (string?)next["delta"] : "",
            _ => (string?)next["type"] == "content_block_delta" ? (string?)next["delta"]!["text"] : "",
        }));
    }
}
