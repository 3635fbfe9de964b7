using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

public class AnswerTests
{
    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_answer_that_is_rendered_and_read_again_says_the_same(ChatDialect dialect)
    {
        var read = Samples.Renderer(dialect).ParseResponse(Samples.Renderer(dialect).RenderResponse(Samples.Answer));

        read.Model.ShouldBe(Samples.Answer.Model);
        read.Content.ShouldBe(Samples.Answer.Content);
        read.Reasoning.ShouldBe(Samples.Answer.Reasoning);
        read.Finish.ShouldBe(ChatFinish.ToolCalls);
        read.ToolCalls.Select(call => call.Name).ShouldBe(["get_weather", "now"]);
        read.ToolCalls.Select(call => call.Id).ShouldBe(["call_1", "call_2"]);
        read.ToolCalls[0].Arguments.GetProperty("city").GetString().ShouldBe("Zürich");
        read.Usage!.InputTokens.ShouldBe(100);
        read.Usage.OutputTokens.ShouldBe(20);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Each_reason_to_end_is_kept(ChatDialect dialect)
    {
        foreach (var finish in (ChatFinish[])[ChatFinish.Stop, ChatFinish.Length, ChatFinish.ContentFilter])
        {
            var body = Samples.Renderer(dialect).RenderResponse(new() { Id = "1", Model = "m", Content = "x", Finish = finish });

            // Ollama has no word for a filter.
            Samples.Renderer(dialect).ParseResponse(body).Finish.ShouldBe(dialect == ChatDialect.Ollama && finish == ChatFinish.ContentFilter ? ChatFinish.Stop : finish);
        }
    }

    [Fact]
    public void Anthropics_input_counts_what_its_cache_gave_and_took() => Parse(ChatDialect.Anthropic, """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"max_tokens",
        "usage":{"input_tokens":10,"cache_read_input_tokens":70,"cache_creation_input_tokens":20,"output_tokens":5}}
        """).ShouldSatisfyAllConditions(
            answer => answer.Content.ShouldBe("ab"),
            answer => answer.Finish.ShouldBe(ChatFinish.Length),
            answer => answer.Usage.ShouldBe(new ChatUsage(100, 5, 70, 20)));

    [Fact]
    public void Gemini_stops_with_STOP_although_it_calls() => Parse(ChatDialect.Gemini, """
        {"candidates":[{"content":{"role":"model","parts":[{"text":"thinking","thought":true},{"functionCall":{"name":"now","args":{}},"thoughtSignature":"x"}]},"finishReason":"STOP"}],
        "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":4,"totalTokenCount":14},"modelVersion":"gemini-2.5-flash"}
        """).ShouldSatisfyAllConditions(
            answer => answer.Finish.ShouldBe(ChatFinish.ToolCalls),
            answer => answer.Content.ShouldBeEmpty(),
            answer => answer.Reasoning.ShouldBe("thinking"),
            answer => answer.ToolCalls.Single().Id.ShouldStartWith("call_"),
            answer => answer.Usage.ShouldBe(new ChatUsage(7, 7, 0, 0, 4)));

    [Fact]
    public void A_prompt_that_Gemini_blocked_is_a_filtered_answer() => Parse(ChatDialect.Gemini, """{"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"gemini-2.5-flash"}""")
        .ShouldSatisfyAllConditions(answer => answer.Finish.ShouldBe(ChatFinish.ContentFilter), answer => answer.Error.ShouldBeNull());

    [Fact]
    public void A_refusal_of_OpenAI_is_the_text_of_a_filtered_answer() => Parse(ChatDialect.OpenAIChat, """
        {"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"No."},"finish_reason":"stop"}]}
        """).ShouldSatisfyAllConditions(
            answer => answer.Content.ShouldBe("No."),
            answer => answer.Finish.ShouldBe(ChatFinish.ContentFilter),
            answer => answer.Usage.ShouldBeNull());

    [Fact]
    public void A_named_tool_of_OpenAI_finishes_as_a_call() => Parse(ChatDialect.OpenAIChat, """
        {"id":"c","model":"gpt-4o","choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"now","arguments":"{bad"}}]},"finish_reason":"stop"}]}
        """).ShouldSatisfyAllConditions(
            answer => answer.Finish.ShouldBe(ChatFinish.ToolCalls),
            answer => answer.ToolCalls.Single().Arguments.GetProperty("raw").GetString().ShouldBe("{bad"));

    [Fact]
    public void Mistral_thinks_in_parts_of_the_content() => Parse(ChatDialect.Mistral, """
        {"id":"c","model":"magistral","choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]},{"type":"text","text":"Yes."}]},"finish_reason":"stop"}]}
        """).ShouldSatisfyAllConditions(answer => answer.Reasoning.ShouldBe("Hm."), answer => answer.Content.ShouldBe("Yes."));

    [Fact]
    public void A_failed_response_of_OpenAI_keeps_its_error() => Parse(ChatDialect.OpenAIResponses, """
        {"id":"resp_1","object":"response","status":"failed","model":"gpt-4o","error":{"code":"server_error","message":"It broke."},"output":[]}
        """).ShouldSatisfyAllConditions(answer => answer.Error.ShouldBe("It broke."), answer => answer.Finish.ShouldBe(ChatFinish.Unknown));

    [Fact]
    public void An_answer_without_an_id_gets_one() =>
        Parse(ChatDialect.Ollama, """{"model":"m","message":{"role":"assistant","content":"x"},"done":true,"done_reason":"stop"}""").Id.ShouldNotBeEmpty();

    private static ChatResponse Parse(ChatDialect dialect, string body) => Samples.Renderer(dialect).ParseResponse(JsonNode.Parse(body)!.AsObject());
}
