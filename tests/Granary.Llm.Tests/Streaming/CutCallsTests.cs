using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>A tool call that a limit or a filter cut is not the model's word: it must never look like one that can be run.</summary>
public class CutCallsTests
{
    [Theory]
    [InlineData("max_tokens", ChatFinish.Length)]
    [InlineData("refusal", ChatFinish.ContentFilter)]
    public void Anthropics_block_that_ends_before_its_arguments_is_no_call(string reason, ChatFinish finish)
    {
        foreach (var piece in new[] { "", "{\\\"id\\\":" })
        {
            var answer = Collect(Read(ChatDialect.Anthropic, ClaudeCall(piece, reason)));
            answer.ToolCalls.ShouldBeEmpty();
            answer.Finish.ShouldBe(finish);
        }
    }

    [Fact]
    public void Anthropics_tool_without_arguments_is_called_with_none() =>
        Collect(Read(ChatDialect.Anthropic, ClaudeCall("", "tool_use"))).ToolCalls.ShouldHaveSingleItem().Arguments.GetRawText().ShouldBe("{}");

    [Theory]
    [InlineData("", "incomplete")]
    [InlineData("{\\\"id\\\":", "incomplete")]
    [InlineData("{\\\"id\\\":", "completed")]
    [InlineData("{}", "incomplete")]
    public void A_function_item_of_Responses_that_was_cut_is_no_call(string arguments, string status)
    {
        var item = "{\"type\":\"function_call\",\"id\":\"fc\",\"status\":\"" + status + "\",\"call_id\":\"c\",\"name\":\"delete_notes\",\"arguments\":\"" + arguments + "\"}";
        var answer = Collect(Read(
            ChatDialect.OpenAIResponses,
            """data: {"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c","name":"delete_notes","arguments":""}}""" + "\n\n"
            + "data: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":" + item + "}\n\n"
            + """data: {"type":"response.incomplete","response":{"id":"r","incomplete_details":{"reason":"max_output_tokens"}}}""" + "\n\n"));
        answer.ToolCalls.ShouldBeEmpty();
        answer.Finish.ShouldBe(ChatFinish.Length);
    }

    [Fact]
    public void A_function_of_Responses_without_arguments_is_called_with_none() => Collect(Read(
        ChatDialect.OpenAIResponses,
        """data: {"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","status":"completed","call_id":"c","name":"now","arguments":""}}""" + "\n\n"
        + """data: {"type":"response.completed","response":{"id":"r"}}""" + "\n\n")).ToolCalls.ShouldHaveSingleItem().Arguments.GetRawText().ShouldBe("{}");

    [Fact]
    public void A_call_that_is_open_at_an_end_without_a_reason_is_cut()
    {
        var answer = Collect(Read(
            ChatDialect.OpenAIChat, """data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{\"x"}}]}}]}""" + "\n\ndata: [DONE]\n\n"));
        (answer.ToolCalls.Count, answer.Finish).ShouldBe((0, ChatFinish.Length));
    }

    private static string ClaudeCall(string piece, string reason) =>
        """data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"delete_notes","input":{}}}""" + "\n\n"
        + "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"" + piece + "\"}}\n\n"
        + """data: {"type":"content_block_stop","index":0}""" + "\n\n"
        + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + reason + "\"}}\n\n"
        + """data: {"type":"message_stop"}""" + "\n\n";
}
