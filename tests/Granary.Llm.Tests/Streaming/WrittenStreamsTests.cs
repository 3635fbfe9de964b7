using System.Text.Json;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>The shapes that official clients rely on.</summary>
public class WrittenStreamsTests
{
    private static readonly StreamEvent[] Answer =
    [
        Start("id-1", "model-1"), Reasoning("R"), Content("Hel"), Content("lo"), CallStart(0, "c1", "a"), CallDelta(0, "{\"x\""), CallDelta(0, ":1}"),
        CallComplete(0, "c1", "a", "{\"x\":1}"), CallStart(1, "c2", "b"), CallDelta(1, "{}"), CallComplete(1, "c2", "b", "{}"), Stop(ChatFinish.ToolCalls),
        new StreamEvent(StreamEventKind.Usage, Usage: new ChatUsage(10, 5, 4, 3, 2)), Done,
    ];

    [Fact]
    public void OpenAI_chunks()
    {
        var head = $$"""{"id":"id-1","object":"chat.completion.chunk","created":{{Now.ToUnixTimeSeconds()}},"model":"model-1","choices":""";
        Data(Write(ChatDialect.OpenAIChat, Answer)).ShouldBe(
        [
            head + """[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"reasoning_content":"R"},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"a","arguments":""}}]},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"b","arguments":""}}]},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},"finish_reason":null}]}""",
            head + """[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            head + """[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}""",
            "[DONE]",
        ]);
    }

    [Fact]
    public void Anthropic_blocks_follow_one_another_with_rising_indexes()
    {
        var data = Data(Write(ChatDialect.Anthropic, Answer));
        data.Select(Type).ShouldBe(
        [
            "message_start",
            "content_block_start", "content_block_delta", "content_block_stop",
            "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
            "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
            "content_block_start", "content_block_delta", "content_block_stop",
            "message_delta", "message_stop",
        ]);
        Indexes(data).ShouldBe([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3]);
        data[0].ShouldBe("""{"type":"message_start","message":{"id":"id-1","type":"message","role":"assistant","model":"model-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}""");
        data[^2].ShouldBe("""{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":3,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}}""");
        Write(ChatDialect.Anthropic, Answer).Split("\n\n").Where(e => e.Length > 0)
            .ShouldAllBe(e => e.Split('\n', 2)[0] == "event: " + Type(e.Split("\ndata: ", 2)[1]), "the event's name is the data's type");
    }

    [Fact]
    public void Anthropic_blocks_of_mixed_tool_calls_still_follow_one_another()
    {
        var data = Data(Write(
            ChatDialect.Anthropic, Start(), CallStart(0, "c1", "a"), CallDelta(0, "{"), CallStart(1, "c2", "b"), CallDelta(1, "{\"y\""), Content("aside"), CallDelta(0, "}"),
            CallDelta(1, ":2}"), CallComplete(0, "c1", "a", "{}"), CallComplete(1, "c2", "b", "{\"y\":2}"), Stop(ChatFinish.ToolCalls), Done));
        Indexes(data).ShouldBe(Indexes(data).Order());
        data.Count(d => Type(d) == "content_block_start").ShouldBe(3);
        data.Count(d => Type(d) == "content_block_stop").ShouldBe(3);
        var answer = Collect(Read(ChatDialect.Anthropic, string.Concat(data.Select(d => $"data: {d}\n\n"))));
        answer.Content.ShouldBe("aside");
        answer.ToolCalls.Select(c => c.Arguments.GetRawText()).ShouldBe(["{}", "{\"y\":2}"]);
    }

    [Fact]
    public void A_second_tool_call_of_Anthropic_begins_as_soon_as_the_first_is_whole()
    {
        // A source such as OpenAI's says only at its very end that calls are complete.
        var data = Data(Write(ChatDialect.Anthropic, Start(), CallStart(0, "c1", "a"), CallDelta(0, "{\"x\":\"}\"}"), CallStart(1, "c2", "b"), CallDelta(1, "{")));
        data.Select(Type).ShouldBe(
            ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "content_block_start", "content_block_delta"]);
    }

    [Fact]
    public void Responses_events_and_the_full_response_at_the_end()
    {
        var data = Data(Write(ChatDialect.OpenAIResponses, Answer));
        data.Select(Type).ShouldBe(
        [
            "response.created", "response.in_progress",
            "response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "response.output_item.done",
            "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
            "response.output_text.done", "response.content_part.done", "response.output_item.done",
            "response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.delta",
            "response.function_call_arguments.done", "response.output_item.done",
            "response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done",
            "response.completed",
        ]);
        data.Select(d => JsonDocument.Parse(d).RootElement.GetProperty("sequence_number").GetInt32()).ShouldBe(Enumerable.Range(0, data.Count));
        var response = JsonDocument.Parse(data[^1]).RootElement.GetProperty("response");
        response.GetProperty("status").GetString().ShouldBe("completed");
        response.GetProperty("output").EnumerateArray().Select(i => i.GetProperty("type").GetString()).ShouldBe(["reasoning", "message", "function_call", "function_call"]);
        response.GetProperty("output")[1].GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("Hello");
        response.GetProperty("output")[2].GetProperty("arguments").GetString().ShouldBe("{\"x\":1}");
        response.GetProperty("usage").GetProperty("total_tokens").GetInt32().ShouldBe(15);
    }

    [Fact]
    public void Responses_that_the_token_limit_cut_are_incomplete()
    {
        var last = Data(Write(ChatDialect.OpenAIResponses, Start(), Content("a"), Stop(ChatFinish.Length), Done))[^1];
        Type(last).ShouldBe("response.incomplete");
        last.ShouldContain("\"incomplete_details\":{\"reason\":\"max_output_tokens\"}");
    }

    [Theory]
    [InlineData(ChatFinish.Stop, "stop", "end_turn", "STOP")]
    [InlineData(ChatFinish.ToolCalls, "tool_calls", "tool_use", "STOP")]
    [InlineData(ChatFinish.Length, "length", "max_tokens", "MAX_TOKENS")]
    [InlineData(ChatFinish.ContentFilter, "content_filter", "refusal", "SAFETY")]
    public void Finish_reasons(ChatFinish finish, string openAI, string anthropic, string gemini)
    {
        StreamEvent[] events = [Start(), Content("a"), Stop(finish), Done];
        Write(ChatDialect.OpenAIChat, events).ShouldContain($"\"finish_reason\":\"{openAI}\"");
        Write(ChatDialect.Anthropic, events).ShouldContain($"\"stop_reason\":\"{anthropic}\"");
        Write(ChatDialect.Gemini, events).ShouldContain($"\"finishReason\":\"{gemini}\"");
    }

    [Fact]
    public void Nothing_follows_the_end()
    {
        Write(ChatDialect.OpenAIChat, Start(), Done, Content("late"), Done).ShouldNotContain("late");
        Data(Write(ChatDialect.OpenAIChat, Start(), Error("x"), Done)).Count(d => d == "[DONE]").ShouldBe(1);
    }

    private static string Type(string data) => JsonDocument.Parse(data).RootElement.GetProperty("type").GetString()!;

    private static List<int> Indexes(IEnumerable<string> data) =>
        [.. data.Where(d => Type(d).StartsWith("content_block", StringComparison.Ordinal)).Select(d => JsonDocument.Parse(d).RootElement.GetProperty("index").GetInt32())];
}
