using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>An answer means the same whether it came in pieces or whole.</summary>
public class StreamedAsWholeTests
{
    [Theory]
    [InlineData("stop", ChatFinish.Stop)]
    [InlineData("tool_calls", ChatFinish.ToolCalls)]
    [InlineData("function_call", ChatFinish.ToolCalls)]
    [InlineData("length", ChatFinish.Length)]
    [InlineData("model_length", ChatFinish.Length)]
    [InlineData("max_tokens", ChatFinish.Length)]
    [InlineData("content_filter", ChatFinish.ContentFilter)]
    [InlineData("out_of_paper", ChatFinish.Unknown)]
    public void OpenAIs_reasons(string reason, ChatFinish finish)
    {
        foreach (var dialect in new[] { ChatDialect.OpenAIChat, ChatDialect.Mistral })
        {
            Both(dialect, OpenAIChunk("\"content\":\"x\"", reason), OpenAIWhole("\"content\":\"x\"", reason)).ShouldAllBe(a => a.Finish == finish && a.Error == null);
        }
    }

    [Fact]
    public void OpenAIs_refusal_is_a_filter_although_it_says_stop() =>
        Both(ChatDialect.OpenAIChat, OpenAIChunk("\"refusal\":\"No.\"", "stop"), OpenAIWhole("\"content\":null,\"refusal\":\"No.\"", "stop"))
            .ShouldAllBe(a => a.Finish == ChatFinish.ContentFilter && a.Content == "No.");

    [Fact]
    public void OpenRouters_reason_error_is_an_error() =>
        Both(ChatDialect.OpenAIChat, OpenAIChunk("\"content\":\"x\"", "error"), OpenAIWhole("\"content\":\"x\"", "error"))
            .ShouldAllBe(a => a.Finish == ChatFinish.Unknown && a.Error == "The provider reported an error.");

    [Fact]
    public void A_call_waits_for_its_result_under_a_word_that_nobody_knows()
    {
        const string call = """{"index":0,"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}""";
        Both(ChatDialect.OpenAIChat, OpenAIChunk($"\"tool_calls\":[{call}]", "done"), OpenAIWhole($"\"tool_calls\":[{call}]", "done"))
            .ShouldAllBe(a => a.Finish == ChatFinish.ToolCalls && a.ToolCalls.Count == 1);
    }

    [Fact]
    public void The_refusal_of_Responses_is_a_filter() => Both(
        ChatDialect.OpenAIResponses,
        """data: {"type":"response.refusal.delta","output_index":0,"delta":"No."}""" + "\n\n" + """data: {"type":"response.completed","response":{"id":"r","status":"completed"}}""" + "\n\n",
        """{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"No."}]}]}""")
        .ShouldAllBe(a => a.Finish == ChatFinish.ContentFilter && a.Content == "No.");

    [Theory]
    [InlineData("end_turn", ChatFinish.Stop)]
    [InlineData("stop_sequence", ChatFinish.Stop)]
    [InlineData("pause_turn", ChatFinish.Stop)]
    [InlineData("tool_use", ChatFinish.ToolCalls)]
    [InlineData("max_tokens", ChatFinish.Length)]
    [InlineData("model_context_window_exceeded", ChatFinish.Length)]
    [InlineData("refusal", ChatFinish.ContentFilter)]
    [InlineData("out_of_paper", ChatFinish.Unknown)]
    public void Anthropics_reasons(string reason, ChatFinish finish) => Both(
        ChatDialect.Anthropic,
        $$$"""data: {"type":"message_delta","delta":{"stop_reason":"{{{reason}}}"}}""" + "\n\n",
        $$$"""{"id":"m","content":[],"stop_reason":"{{{reason}}}"}""").ShouldAllBe(a => a.Finish == finish && a.Error == null);

    [Theory]
    [InlineData("STOP", ChatFinish.Stop, false)]
    [InlineData("FUNCTION_CALL", ChatFinish.ToolCalls, false)]
    [InlineData("MAX_TOKENS", ChatFinish.Length, false)]
    [InlineData("SAFETY", ChatFinish.ContentFilter, false)]
    [InlineData("OTHER", ChatFinish.Unknown, true)]
    [InlineData("MALFORMED_FUNCTION_CALL", ChatFinish.Unknown, true)]
    public void Geminis_reasons(string reason, ChatFinish finish, bool isError)
    {
        foreach (var parts in new[] { """[{"text":"x"}]""", """[{"functionCall":{"name":"a","args":{}}}]""" })
        {
            var body = $$"""{"candidates":[{"content":{"parts":{{parts}}},"finishReason":"{{reason}}"}]}""";
            var expected = finish == ChatFinish.Stop && parts.Contains("functionCall") ? ChatFinish.ToolCalls : finish;
            Both(ChatDialect.Gemini, $"data: {body}\n\n", body).ShouldAllBe(a => a.Finish == expected && (a.Error != null) == isError);
        }
    }

    [Fact]
    public void A_prompt_that_Gemini_blocks_is_a_filtered_answer()
    {
        const string body = """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}""";
        Both(ChatDialect.Gemini, $"data: {body}\n\n", body).ShouldAllBe(a => a.Finish == ChatFinish.ContentFilter && a.Error == null && a.Usage == new ChatUsage(9, 0, 0, 0, 0, 0));
    }

    [Theory]
    [InlineData("\"done_reason\":\"stop\",", ChatFinish.Stop)]
    [InlineData("\"done_reason\":\"length\",", ChatFinish.Length)]
    [InlineData("\"done_reason\":\"load\",", ChatFinish.Unknown)]
    [InlineData("", ChatFinish.Stop)]
    public void Ollamas_reasons(string reason, ChatFinish finish)
    {
        var body = "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"x\"}," + reason + "\"done\":true}";
        Both(ChatDialect.Ollama, body + "\n", body).ShouldAllBe(a => a.Finish == finish);
    }

    [Theory]
    [InlineData("{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":40,\"prompt_cache_hit_tokens\":8}", 10, 5, 8, 0, 0, 40)]
    [InlineData("{\"input_tokens\":10,\"output_tokens\":5}", 10, 5, 0, 0, 0, 15)]
    [InlineData("{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":2},\"completion_tokens_details\":{\"reasoning_tokens\":4}}", 10, 5, 3, 2, 4, 15)]
    [InlineData("{\"prompt_tokens\":3000000000,\"completion_tokens\":3000000000}", int.MaxValue, int.MaxValue, 0, 0, 0, int.MaxValue)]
    public void OpenAIs_usage(string usage, int input, int output, int cached, int written, int reasoning, int total) => Usage(
        ChatDialect.OpenAIChat,
        OpenAIChunk("\"content\":\"x\"", "stop") + "data: {\"choices\":[],\"usage\":" + usage + "}\n\n",
        OpenAIWhole("\"content\":\"x\"", "stop", usage),
        (input, output, cached, written, reasoning, total));

    [Theory]
    [InlineData("{\"input_tokens\":10,\"output_tokens\":5,\"total_tokens\":40,\"input_tokens_details\":{\"cached_tokens\":3},\"output_tokens_details\":{\"reasoning_tokens\":4}}", 10, 5, 3, 4, 40)]
    public void The_usage_of_Responses(string usage, int input, int output, int cached, int reasoning, int total) => Usage(
        ChatDialect.OpenAIResponses,
        "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"usage\":" + usage + "}}\n\n",
        "{\"id\":\"r\",\"status\":\"completed\",\"output\":[],\"usage\":" + usage + "}",
        (input, output, cached, 0, reasoning, total));

    [Theory]
    [InlineData("{\"input_tokens\":1,\"cache_read_input_tokens\":2,\"cache_creation_input_tokens\":3,\"output_tokens\":5,\"output_tokens_details\":{\"thinking_tokens\":4}}", 6, 5, 2, 3, 4, 11)]
    [InlineData("{\"input_tokens\":2147483647,\"cache_read_input_tokens\":2147483647,\"output_tokens\":5}", int.MaxValue, 5, int.MaxValue, 0, 0, int.MaxValue)]
    public void Anthropics_usage(string usage, int input, int output, int cached, int written, int reasoning, int total) => Usage(
        ChatDialect.Anthropic,
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":" + usage + "}\n\n",
        "{\"id\":\"m\",\"content\":[],\"stop_reason\":\"end_turn\",\"usage\":" + usage + "}",
        (input, output, cached, written, reasoning, total));

    [Theory]
    [InlineData("{\"promptTokenCount\":10,\"toolUsePromptTokenCount\":2,\"candidatesTokenCount\":5,\"thoughtsTokenCount\":4,\"cachedContentTokenCount\":3,\"totalTokenCount\":40}", 12, 9, 3, 4, 40)]
    [InlineData("{\"promptTokenCount\":2147483647,\"toolUsePromptTokenCount\":2147483647}", int.MaxValue, 0, 0, 0, int.MaxValue)]
    public void Geminis_usage(string usage, int input, int output, int cached, int reasoning, int total)
    {
        var body = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":" + usage + "}";
        Usage(ChatDialect.Gemini, $"data: {body}\n\n", body, (input, output, cached, 0, reasoning, total));
    }

    [Fact]
    public void Arguments_that_are_no_JSON()
    {
        const string call = """{"index":0,"id":"c","type":"function","function":{"name":"a","arguments":"{x"}}""";
        Both(ChatDialect.OpenAIChat, OpenAIChunk($"\"tool_calls\":[{call}]", "tool_calls"), OpenAIWhole($"\"tool_calls\":[{call}]", "tool_calls"))
            .ShouldAllBe(a => JsonElement.DeepEquals(a.ToolCalls.Single().Arguments, JsonDocument.Parse("""{"raw":"{x"}""").RootElement));
    }

    private static List<ChatResponse> Both(ChatDialect dialect, string stream, string whole) =>
        [Collect(Read(dialect, stream)), ChatRenderers.For(dialect).ParseResponse(JsonNode.Parse(whole)!.AsObject())];

    private static void Usage(ChatDialect dialect, string stream, string whole, (int, int, int, int, int, int) expected)
    {
        foreach (var answer in Both(dialect, stream, whole))
        {
            var usage = answer.Usage.ShouldNotBeNull();
            (usage.InputTokens, usage.OutputTokens, usage.CachedInputTokens, usage.CacheWriteTokens, usage.ReasoningTokens, usage.TotalTokens).ShouldBe(expected);
        }
    }

    private static string OpenAIChunk(string delta, string reason) =>
        "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" + delta + "},\"finish_reason\":\"" + reason + "\"}]}\n\n";

    private static string OpenAIWhole(string message, string reason, string usage = "null") =>
        "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," + message + "},\"finish_reason\":\"" + reason + "\"}],\"usage\":" + usage + "}";
}
