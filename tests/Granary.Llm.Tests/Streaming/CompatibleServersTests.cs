using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>What servers send that call themselves compatible with OpenAI, and other streams outside the books.</summary>
public class CompatibleServersTests
{
    [Fact]
    public void Tool_calls_without_index_are_told_apart_by_id() => Calls(
        """[{"id":"c1","function":{"name":"a","arguments":"{\"x\":"}}]""",
        """[{"id":"c2","function":{"name":"b","arguments":"{"}}]""",
        """[{"id":"c1","function":{"arguments":"1}"}},{"id":"c2","function":{"arguments":"}"}}]""")
        .ShouldBe([("c1", "a", "{\"x\":1}"), ("c2", "b", "{}")]);

    [Fact]
    public void Tool_calls_without_index_whose_later_pieces_have_no_id_go_to_the_last_call() => Calls(
        """[{"id":"c1","function":{"name":"a","arguments":""}}]""",
        """[{"function":{"arguments":"{\"x\":"}}]""",
        """[{"function":{"arguments":"1}"}}]""",
        """[{"id":"c2","function":{"name":"a","arguments":"{}"}}]""")
        .ShouldBe([("c1", "a", "{\"x\":1}"), ("c2", "a", "{}")]);

    [Fact]
    public void Tool_calls_with_neither_index_nor_id_begin_with_a_name()
    {
        var calls = Calls("""[{"function":{"name":"a","arguments":"{}"}},{"function":{"name":"a","arguments":"{\"y\":2}"}}]""");
        calls.Select(c => (c.Name, c.Arguments)).ShouldBe([("a", "{}"), ("a", "{\"y\":2}")]);
        calls.ShouldAllBe(c => c.Id.StartsWith("call_"));
    }

    [Fact]
    public void Tool_calls_that_repeat_their_name_without_id_stay_one() =>
        Calls("""[{"function":{"name":"a","arguments":"{\"y\":"}}]""", """[{"function":{"name":"a","arguments":"2}"}}]""")
            .ShouldHaveSingleItem().Arguments.ShouldBe("{\"y\":2}");

    [Fact]
    public void Parallel_tool_calls_that_all_have_index_0_are_told_apart_by_id_and_name() => Calls(
        """[{"index":0,"id":"c1","function":{"name":"a","arguments":"{}"}},{"index":0,"id":"c2","function":{"name":"b","arguments":"{}"}}]""")
        .ShouldBe([("c1", "a", "{}"), ("c2", "b", "{}")]);

    [Fact]
    public void An_id_that_is_new_in_every_piece_begins_no_call() => Calls(
        """[{"index":0,"id":"c1","function":{"name":"a","arguments":"{\"x\""}}]""",
        """[{"index":0,"id":"c2","function":{"name":null,"arguments":":1}"}}]""")
        .ShouldBe([("c1", "a", "{\"x\":1}")]);

    [Fact]
    public void Arguments_that_are_an_object_are_taken_as_text() =>
        Calls("""[{"index":0,"id":"c1","function":{"name":"a","arguments":{"x":[1,2]}}}]""").ShouldBe([("c1", "a", """{"x":[1,2]}""")]);

    [Fact]
    public void A_name_that_comes_late_is_waited_for() => Calls(
        """[{"index":0,"id":"c1","function":{"arguments":"{"}}]""", """[{"index":0,"function":{"name":"a","arguments":"}"}}]""")
        .ShouldBe([("c1", "a", "{}")]);

    [Fact]
    public void The_function_call_of_old_is_a_tool_call()
    {
        var events = Read(ChatDialect.OpenAIChat, Chunk("""{"function_call":{"name":"a","arguments":"{\"x\""}}""") + Chunk("""{"function_call":{"arguments":":1}"}}""")
            + Chunk("{}", "function_call"));
        Collect(events).ToolCalls.ShouldHaveSingleItem().Arguments.GetRawText().ShouldBe("{\"x\":1}");
        Collect(events).Finish.ShouldBe(ChatFinish.ToolCalls);
    }

    [Fact]
    public void Tool_calls_under_the_reason_stop_wait_for_their_results() =>
        Collect(Read(ChatDialect.OpenAIChat, Chunk("""{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{}"}}]}""") + Chunk("{}", "stop")))
            .Finish.ShouldBe(ChatFinish.ToolCalls);

    [Fact]
    public void A_tool_call_that_the_token_limit_cut_is_not_run() =>
        Collect(Read(ChatDialect.OpenAIChat, Chunk("""{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{\"x"}}]}""") + Chunk("{}", "length")))
            .ToolCalls.ShouldBeEmpty();

    [Fact]
    public void Arguments_that_are_no_JSON_come_back_raw() =>
        Collect(Read(ChatDialect.OpenAIChat, Chunk("""{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{x"}}]}""") + Chunk("{}", "tool_calls")))
            .ToolCalls.ShouldHaveSingleItem().Arguments.GetProperty("raw").GetString().ShouldBe("{x");

    [Theory]
    [InlineData("""{"reasoning_content":"R"}""")]
    [InlineData("""{"reasoning":"R"}""")]
    [InlineData("""{"reasoning":"R","reasoning_content":"R","content":""}""")]
    public void Reasoning_under_any_name_comes_once(string delta) =>
        Collect(Read(ChatDialect.OpenAIChat, Chunk(delta) + Chunk("{}", "stop"))).Reasoning.ShouldBe("R");

    [Fact]
    public void A_refusal_is_the_answer() =>
        Collect(Read(ChatDialect.OpenAIChat, Chunk("""{"refusal":"No."}""") + Chunk("{}", "stop"))).Content.ShouldBe("No.");

    [Fact]
    public void A_stream_without_the_end_mark_is_whole_once_it_told_why_it_ended() =>
        Read(ChatDialect.OpenAIChat, Chunk("""{"content":"a"}""", "stop"))[^1].ShouldBe(Done);

    [Fact]
    public void An_end_mark_without_a_reason_is_an_end() =>
        Read(ChatDialect.OpenAIChat, Chunk("""{"content":"a"}""") + "data: [DONE]\n\n")[^1].ShouldBe(Done);

    [Fact]
    public void An_empty_stream_is_an_error() => Read(ChatDialect.OpenAIChat, "").ShouldHaveSingleItem().Kind.ShouldBe(StreamEventKind.Error);

    [Theory]
    [InlineData(ChatDialect.OpenAIChat, "data: {\"error\":{\"message\":\"no more\",\"type\":\"server_error\"}}\n\n")]
    [InlineData(ChatDialect.OpenAIChat, "data: {\"error\":\"no more\"}\n\n")]
    [InlineData(ChatDialect.OpenAIChat, "event: error\ndata: {\"error\":{\"code\":\"no more\"}}\n\n")]
    [InlineData(ChatDialect.Anthropic, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no more\"}}\n\n")]
    [InlineData(ChatDialect.Gemini, "data: {\"error\":{\"code\":503,\"message\":\"no more\",\"status\":\"UNAVAILABLE\"}}\n\n")]
    [InlineData(ChatDialect.OpenAIResponses, "event: error\ndata: {\"type\":\"error\",\"code\":\"x\",\"message\":\"no more\",\"param\":null}\n\n")]
    [InlineData(ChatDialect.OpenAIResponses, "data: {\"type\":\"error\",\"error\":{\"message\":\"no more\"}}\n\n")]
    [InlineData(ChatDialect.OpenAIResponses, "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"error\":{\"code\":\"server_error\",\"message\":\"no more\"}}}\n\n")]
    [InlineData(ChatDialect.Ollama, "{\"error\":\"no more\"}\n")]
    public void A_providers_error_in_the_stream_ends_it_and_keeps_what_came(ChatDialect dialect, string error)
    {
        var written = Write(dialect, Start(), Content("so far"));
        var events = Read(dialect, written + error + written);
        events[^1].ShouldBe(Error("no more"));
        Collect(events).Content.ShouldBe("so far");
        Collect(events).Error.ShouldBe("no more");
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Ollama)]
    public void Malformed_events_are_an_error_and_no_exception(ChatDialect dialect)
    {
        var written = Write(dialect, Start(), Content("so far"));
        var frame = dialect == ChatDialect.Ollama ? "{0}\n" : "data: {0}\n\n";
        foreach (var garbage in new[] { "nonsense", "{", "{}}", "[]", "1", "{\"choices\":[{\"delta\":{\"content\":\"\\ud83d\\u12\"}}]}", "{\"a\":\"\u0001\"}" })
        {
            var events = Read(dialect, written + string.Format(System.Globalization.CultureInfo.InvariantCulture, frame, garbage) + written);
            events[^1].Kind.ShouldBe(StreamEventKind.Error, garbage);
            Collect(events).Content.ShouldBe("so far");
        }

        Read(dialect, [.. "data: {\"choices\":[{\"delta\":{\"content\":\""u8, 0xC3, 0x28, .. "\"}}]}\n\n"u8], 7)[^1].Kind.ShouldBe(StreamEventKind.Error);
    }

    [Fact]
    public void Values_of_unexpected_kinds_count_as_absent() =>
        Collect(Read(ChatDialect.OpenAIChat, "data: {\"id\":7,\"model\":null,\"choices\":[null,3,{\"index\":\"0\",\"delta\":{\"content\":{\"a\":1},\"tool_calls\":{}}},"
            + "{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":[1]}\n\n")).Content.ShouldBe("x");

    [Fact]
    public void A_character_whose_halves_come_in_two_events_is_whole()
    {
        var events = Read(ChatDialect.OpenAIChat, Chunk("""{"content":"a\ud83d"}""") + Chunk("""{"content":"\ude00\u00e4\n"}""") + Chunk("{}", "stop"));
        Collect(events).Content.ShouldBe("a😀ä\n");
        Collect(Read(ChatDialect.OpenAIChat, Write(ChatDialect.OpenAIChat, events))).Content.ShouldBe("a😀ä\n");
    }

    [Theory]
    [InlineData("STOP", ChatFinish.Stop)]
    [InlineData("FUNCTION_CALL", ChatFinish.ToolCalls)]
    [InlineData("MAX_TOKENS", ChatFinish.Length)]
    [InlineData("SAFETY", ChatFinish.ContentFilter)]
    [InlineData("RECITATION", ChatFinish.ContentFilter)]
    [InlineData("PROHIBITED_CONTENT", ChatFinish.ContentFilter)]
    [InlineData("SPII", ChatFinish.ContentFilter)]
    [InlineData("BLOCKLIST", ChatFinish.ContentFilter)]
    public void Geminis_finish_reasons(string reason, ChatFinish finish) =>
        Collect(Read(ChatDialect.Gemini, $$"""data: {"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"{{reason}}"}]}""" + "\n\n")).Finish.ShouldBe(finish);

    [Theory]
    [InlineData("end_turn", ChatFinish.Stop)]
    [InlineData("stop_sequence", ChatFinish.Stop)]
    [InlineData("pause_turn", ChatFinish.Stop)]
    [InlineData("tool_use", ChatFinish.ToolCalls)]
    [InlineData("max_tokens", ChatFinish.Length)]
    [InlineData("model_context_window_exceeded", ChatFinish.Length)]
    [InlineData("refusal", ChatFinish.ContentFilter)]
    public void Anthropics_stop_reasons(string reason, ChatFinish finish) =>
        Collect(Read(ChatDialect.Anthropic, $$$"""data: {"type":"message_delta","delta":{"stop_reason":"{{{reason}}}"}}""" + "\n\n")).Finish.ShouldBe(finish);

    [Fact]
    public void A_prompt_that_Gemini_refuses_is_filtered()
    {
        var answer = Collect(Read(ChatDialect.Gemini, """data: {"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}""" + "\n\n"));
        (answer.Finish, answer.Error, answer.Usage).ShouldBe((ChatFinish.ContentFilter, null, new ChatUsage(9, 0)));
    }

    [Fact]
    public void A_tool_call_that_Gemini_could_not_read_is_an_error() =>
        Collect(Read(ChatDialect.Gemini, """data: {"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed call: x("}]}""" + "\n\n"))
            .Error.ShouldBe("Malformed call: x(");

    [Fact]
    public void Text_after_an_early_finish_reason_of_Gemini_is_not_lost()
    {
        var events = Read(ChatDialect.Gemini, string.Concat(new[] { "a", "b" }.Select(t => $$"""data: {"candidates":[{"content":{"parts":[{"text":"{{t}}"}]},"finishReason":"STOP"}]}""" + "\n\n")));
        events.Where(e => e.Kind != StreamEventKind.Start).ShouldBe([Content("a"), Content("b"), Stop(ChatFinish.Stop), Done]);
    }

    [Fact]
    public void An_input_that_comes_whole_with_the_beginning_of_Anthropics_block_counts() =>
        Collect(Read(ChatDialect.Anthropic, """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"a","input":{"x":1}}}

            data: {"type":"content_block_stop","index":0}

            data: {"type":"message_stop"}


            """)).ToolCalls.ShouldHaveSingleItem().Arguments.GetRawText().ShouldBe("""{"x":1}""");

    [Fact]
    public void Responses_that_are_incomplete_say_why()
    {
        Finish("""{"type":"response.incomplete","response":{"id":"r","incomplete_details":{"reason":"max_output_tokens"}}}""").ShouldBe(ChatFinish.Length);
        Finish("""{"type":"response.incomplete","response":{"id":"r","incomplete_details":{"reason":"content_filter"}}}""").ShouldBe(ChatFinish.ContentFilter);

        static ChatFinish Finish(string data) => Collect(Read(ChatDialect.OpenAIResponses, $"data: {data}\n\n")).Finish;
    }

    [Fact]
    public void Usage_takes_the_greatest_of_each_figure_and_a_greater_total()
    {
        var chunk = (string usage) => "data: {\"id\":\"x\",\"choices\":[],\"usage\":" + usage + "}\n\n";
        var usage = Collect(Read(ChatDialect.OpenAIChat, chunk("""{"prompt_tokens":10,"completion_tokens":1}""") + chunk("""{"prompt_tokens":0,"completion_tokens":7,"total_tokens":30}"""))).Usage!;
        (usage.InputTokens, usage.OutputTokens, usage.TotalTokens).ShouldBe((10, 7, 30));
    }

    private static string Chunk(string delta, string? finish = null) =>
        "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + (finish is null ? "null" : $"\"{finish}\"") + "}]}\n\n";

    private static List<(string Id, string Name, string Arguments)> Calls(params string[] toolCalls)
    {
        var events = Read(ChatDialect.OpenAIChat, string.Concat(toolCalls.Select(t => Chunk("{\"tool_calls\":" + t + "}"))) + Chunk("{}", "tool_calls") + "data: [DONE]\n\n");
        foreach (var call in events.Where(e => e.Kind == StreamEventKind.ToolCallComplete))
        {
            string.Concat(events.Where(e => e.Kind == StreamEventKind.ToolCallDelta && e.Index == call.Index).Select(e => e.Text)).ShouldBe(call.Text);
            events.ShouldContain(CallStart(call.Index, call.Id!, call.Name!));
        }

        return [.. events.Where(e => e.Kind == StreamEventKind.ToolCallComplete).Select(e => (e.Id!, e.Name!, e.Text!))];
    }
}
