using System.Text.Json.Nodes;

namespace Granary.Http.Tests.Proxy;

/// <summary>Chats in OpenAI's shape with a provider that speaks it: what goes up, what comes back, what is stored.</summary>
public sealed class ChatTests : ProxyTest
{
    [Fact]
    public async Task A_turn_is_stored_and_the_answer_is_the_providers_to_the_byte()
    {
        var answer = (await AskAsync("s", "u:Hello")).ShouldBe(200);

        answer.Text.ShouldBe(Texts.Chat("Understood."));
        answer.Header("X-Session-ID").ShouldBe("s");
        answer.Header("X-Granary-Stored").ShouldBe("1-2");
        (await ViewAsync("s")).ShouldBe(["u:Hello", "a:Understood."]);
        Upstream.Last.Path.ShouldBe("/v1/chat/completions");
        Upstream.Last.Header("Authorization").ShouldBe("Bearer sk-openai");
        Upstream.Last.Said.ShouldBe(["user: Hello"]);
    }

    [Fact]
    public async Task A_stream_goes_through_to_the_byte_and_its_turn_is_stored()
    {
        var events = Texts.ChatStream("Under", "stood.");
        Upstream.Streams(events);

        var answer = (await StreamAsync("s", "u:Hello")).ShouldBe(200);

        answer.Text.ShouldBe(string.Concat(events));
        answer.ContentType.ShouldBe("text/event-stream");
        answer.Header("X-Session-ID").ShouldBe("s");
        (await ViewAsync("s")).ShouldBe(["u:Hello", "a:Understood."]);
    }

    [Fact]
    public async Task A_stream_that_ends_without_its_last_empty_line_is_whole()
    {
        var events = Texts.ChatStream("Under", "stood.");
        Upstream.Streams([.. events[..^1], events[^1].TrimEnd('\n') + "\n"]);

        var answer = (await StreamAsync("s", "u:Hello")).ShouldBe(200);

        answer.Text.ShouldBe(string.Concat(events));
        (await ViewAsync("s")).ShouldBe(["u:Hello", "a:Understood."]);
    }

    [Fact]
    public async Task The_models_name_in_a_header_is_enough()
    {
        (await Api.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"Hi"}]}""", ("X-Session-ID", "s"), ("X-Model-Name", "gpt-4o"))).ShouldBe(200);

        Upstream.Last.Json["model"]!.GetValue<string>().ShouldBe("gpt-4o");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Fact]
    public async Task A_client_that_sends_only_what_is_new_gets_its_turns_from_the_session()
    {
        await AskAsync("s", "u:My name is Ada.");
        await AskAsync("s", "s:Be kind.", "u:What is my name?");

        Upstream.Last.Said.ShouldBe(["system: Be kind.", "user: My name is Ada.", "assistant: Understood.", "user: What is my name?"]);
        (await ViewAsync("s")).ShouldBe(["u:My name is Ada.", "a:Understood.", "u:What is my name?", "a:Understood."]);
    }

    [Fact]
    public async Task What_the_proxy_does_not_know_goes_up_as_it_came()
    {
        var body = """{"zz":{"b":1,"a":[1.50,2e3,12345678901234567890]},"model":"gpt-4o","logit_bias":{"50256":-100},"messages":[{"role":"user","content":[{"type":"text","text":"Hi","x_cache":true}],"y":null}],"user":"ada","metadata":{"session_id":"s","k":"v"}}""";

        (await Fixture.Server.Client().PostAsync("/v1/chat/completions", body)).ShouldBe(200);

        var sent = Upstream.Last.Json;
        var expected = JsonNode.Parse(body)!.AsObject();
        expected["metadata"]!.AsObject().Remove("session_id");
        JsonNode.DeepEquals(sent, expected).ShouldBeTrue(sent.ToJsonString());
        Upstream.Last.Text.ShouldContain("12345678901234567890");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Fact]
    public async Task A_client_that_resends_everything_is_stored_once()
    {
        await AskAsync("s", "s:Be kind.", "u:One");
        Upstream.Always(Texts.Chat("Second."));
        await AskAsync("s", "s:Be kind.", "u:One", "a:Understood.", "u:Two");
        Upstream.Last.Said.ShouldBe(["system: Be kind.", "user: One", "assistant: Understood.", "user: Two"]);
        Upstream.Always(Texts.Chat("Third."));
        await AskAsync("s", "s:Be kind.", "u:One", "a: Understood.\n", "u:Two", "a:Second.", "u:Three");

        Upstream.Last.Said.Count().ShouldBe(6);
        (await ViewAsync("s")).ShouldBe(["u:One", "a:Understood.", "u:Two", "a:Second.", "u:Three", "a:Third."]);
    }

    [Fact]
    public async Task A_client_that_sends_a_window_gets_the_turns_that_it_left_out()
    {
        foreach (var turn in (string[])["One", "Two", "Three"])
        {
            Upstream.Always(Texts.Chat($"{turn}!"));
            await AskAsync("s", "u:" + turn);
        }

        await AskAsync("s", "u:One", "a:One!", "u:Three", "a:Three!", "u:Four");

        Upstream.Last.Said.ShouldBe(
            ["user: One", "assistant: One!", "user: Two", "assistant: Two!", "user: Three", "assistant: Three!", "user: Four"]);
        (await ViewAsync("s")).Length.ShouldBe(8);
    }

    [Fact]
    public async Task What_came_before_is_stored_only_into_an_empty_session()
    {
        await AskAsync("s", "u:One", "a:First.", "u:Two", "a:Second.", "u:Three");

        (await ViewAsync("s")).ShouldBe(["u:One", "a:First.", "u:Two", "a:Second.", "u:Three", "a:Understood."]);

        await AskAsync("s", "u:Unknown", "a:To the session.", "u:Four");
        (await ViewAsync("s")).Skip(6).ShouldBe(["u:Four", "a:Understood."]);
    }

    [Fact]
    public async Task The_same_question_again_supersedes_the_answer()
    {
        await AskAsync("s", "u:One");
        Upstream.Always(Texts.Chat("Better."));
        await AskAsync("s", "u:One");
        Upstream.Last.Said.ShouldBe(["user: One"]);

        (await ViewAsync("s")).ShouldBe(["u:One", "a:Better."]);
        (await HistoryAsync("s")).Select(message => message.Superseded).ShouldBe([false, true, false]);
        await AskAsync("s", "u:One", "a:Better.", "u:One");
        (await ViewAsync("s")).ShouldBe(["u:One", "a:Better.", "u:One", "a:Better."]);
    }

    [Fact]
    public async Task A_resent_question_after_history_supersedes_only_the_last_answer()
    {
        await AskAsync("s", "u:One");
        await AskAsync("s", "u:One", "a:Understood.", "u:Two");
        Upstream.Always(Texts.Chat("Better."));
        await AskAsync("s", "u:One", "a:Understood.", "u:Two");

        (await ViewAsync("s")).ShouldBe(["u:One", "a:Understood.", "u:Two", "a:Better."]);
    }

    [Fact]
    public async Task Tool_calls_and_their_results_are_stored_as_such()
    {
        Upstream.Always(Texts.ChatCall("call_1", "clock", """{"zone":"UTC"}"""));
        await AskAsync("s", "u:What time is it?");
        Upstream.Always(Texts.Chat("Noon."));
        var body = """{"model":"gpt-4o","messages":[{"role":"user","content":"What time is it?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"clock","arguments":"{\"zone\":\"UTC\"}"}}]},{"role":"tool","tool_call_id":"call_1","content":"12:00"}]}""";
        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(200);

        Upstream.Last.Said.ShouldBe(["user: What time is it?", "assistant: call_1", "tool: call_112:00"]);
        (await ViewAsync("s")).ShouldBe(["u:What time is it?", "a:call_1", "t:call_112:00", "a:Noon."]);
        var call = (await HistoryAsync("s"))[1].ToolCalls!.Single();
        (call.Name, call.Arguments.GetProperty("zone").GetString()).ShouldBe(("clock", "UTC"));

        Upstream.Always(Texts.Chat("It is noon."));
        await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"));
        (await ViewAsync("s")).ShouldBe(["u:What time is it?", "a:call_1", "t:call_112:00", "a:It is noon."]);
    }

    [Fact]
    public async Task A_client_that_sends_only_the_result_gets_the_call_in_front_of_it()
    {
        Upstream.Always(Texts.ChatCall("call_1", "clock", "{}"));
        await AskAsync("s", "u:What time is it?");
        Upstream.Always(Texts.Chat("Noon."));
        await Api.PostAsync("/v1/chat/completions", """{"model":"gpt-4o","messages":[{"role":"tool","tool_call_id":"call_1","content":"12:00"}]}""", ("X-Session-ID", "s"));

        Upstream.Last.Said.ShouldBe(["user: What time is it?", "assistant: call_1", "tool: call_112:00"]);
        (await ViewAsync("s")).Length.ShouldBe(4);
    }

    [Fact]
    public async Task A_call_that_nobody_answered_is_closed_before_the_next_question_goes_up()
    {
        Upstream.Always(Texts.ChatCall("call_1", "clock", "{}"));
        await AskAsync("s", "u:What time is it?");
        Upstream.Always(Texts.Chat("Well."));
        (await AskAsync("s", "u:Never mind.")).ShouldBe(200);

        Upstream.Last.Said.Select(line => line.Split(' ')[0]).ShouldBe(["user:", "assistant:", "tool:", "user:"]);
        (await ViewAsync("s")).ShouldBe(["u:What time is it?", "a:call_1", "u:Never mind.", "a:Well."]);
    }

    [Fact]
    public async Task The_sessions_summary_is_one_system_block_after_the_clients_own()
    {
        for (var turn = 0; turn < 6; turn++)
        {
            await AskAsync("s", $"u:I live in Riga and like tea, remark {turn}.");
        }

        await Api.PostAsync("/sessions/s/compact", """{"force":true}""");
        await AskAsync("s", "s:Be kind.", "u:Where do I live?");

        var said = Upstream.Last.Said.ToList();
        said.Count(line => line.StartsWith("system:", StringComparison.Ordinal)).ShouldBe(2);
        said[0].ShouldBe("system: Be kind.");
        said[1].ShouldContain("[MEMORY:");
        said[^1].ShouldBe("user: Where do I live?");
    }

    [Fact]
    public async Task Headers_choose_the_model_and_the_sampling_over_the_body()
    {
        await Api.PostAsync(
            "/v1/chat/completions",
            Texts.Ask(["u:Hi"], ""","temperature":1,"max_tokens":5"""),
            ("X-Session-ID", "s"), ("X-Model-Name", "gpt-4o-mini"), ("X-Temperature", "0.25"), ("X-Max-Tokens", "77"));

        var sent = Upstream.Last.Json;
        ((string?)sent["model"], (double?)sent["temperature"], (int?)sent["max_tokens"]).ShouldBe(("gpt-4o-mini", 0.25, 77));
    }

    [Fact]
    public async Task Reasoning_models_get_their_own_limit_and_no_sampling()
    {
        await Api.PostAsync("/v1/chat/completions", Texts.Ask(["u:Hi"], ""","temperature":1,"top_p":0.5,"max_tokens":5""").Replace("gpt-4o", "gpt-5"), ("X-Session-ID", "s"));

        var sent = Upstream.Last.Json;
        ((int?)sent["max_completion_tokens"]).ShouldBe(5);
        sent.ContainsKey("max_tokens").ShouldBeFalse();
        sent.ContainsKey("temperature").ShouldBeFalse();
        sent.ContainsKey("top_p").ShouldBeFalse();
    }
}
