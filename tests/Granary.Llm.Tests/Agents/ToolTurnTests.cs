using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Rendering;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Agents;

public class ToolTurnTests
{
    private static readonly ChatResponse Answer = new()
    {
        Id = "a",
        Model = "m",
        Content = "Let me see.",
        ToolCalls =
        [
            new ToolCall("c1", "weather", JsonElement.Parse("""{"city":"Rome"}""")),
            new ToolCall("c2", "news", JsonElement.Parse("{}")),
        ],
    };

    private static readonly FunctionResult[] Results = [new("sun", false), FunctionResult.Failure("no paper")];

    [Fact]
    public void OpenAI_gets_an_assistant_message_and_a_tool_message_for_each_call()
    {
        var added = Append(ChatDialect.OpenAIChat);

        added.Select(m => m["role"]!.GetValue<string>()).ShouldBe(["assistant", "tool", "tool"]);
        added[0]["tool_calls"]![0]!["id"]!.GetValue<string>().ShouldBe("c1");
        added[0]["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>().ShouldBe("""{"city":"Rome"}""");
        added[1]["tool_call_id"]!.GetValue<string>().ShouldBe("c1");
        added[1]["content"]!.GetValue<string>().ShouldBe("sun");
        added[2]["content"]!.GetValue<string>().ShouldBe("Error: no paper");
    }

    [Fact]
    public void Anthropic_gets_tool_use_blocks_and_one_user_message_with_the_results()
    {
        var added = Append(ChatDialect.Anthropic);

        added.Select(m => m["role"]!.GetValue<string>()).ShouldBe(["assistant", "user"]);
        added[0]["content"]!.AsArray().Select(b => b!["type"]!.GetValue<string>()).ShouldBe(["text", "tool_use", "tool_use"]);
        added[1]["content"]!.AsArray().Select(b => b!["tool_use_id"]!.GetValue<string>()).ShouldBe(["c1", "c2"]);
        added[1]["content"]![1]!.ToJsonString().ShouldContain("Error: no paper");
    }

    [Fact]
    public void Gemini_gets_function_calls_and_responses()
    {
        var added = Append(ChatDialect.Gemini);

        added.Select(m => m["role"]!.GetValue<string>()).ShouldBe(["model", "user"]);
        added[0]["parts"]!.AsArray().Count(p => p!["functionCall"] is not null).ShouldBe(2);
        added[1]["parts"]!.AsArray().Select(p => p!["functionResponse"]!["name"]!.GetValue<string>()).ShouldBe(["weather", "news"]);
    }

    [Fact]
    public void Responses_get_items_also_after_an_input_that_is_a_text()
    {
        var payload = new JsonObject { ["input"] = "Hello" };

        ToolTurn.AppendTo(ChatRenderers.For(ChatDialect.OpenAIResponses), payload, Answer, Results);

        var input = payload["input"]!.AsArray();
        input[0]!["content"]!.GetValue<string>().ShouldBe("Hello");
        input.Select(i => i!["type"]?.GetValue<string>() ?? "").Where(t => t.StartsWith("function", StringComparison.Ordinal))
            .ShouldBe(["function_call", "function_call", "function_call_output", "function_call_output"]);
    }

    [Theory]
    [InlineData(ChatDialect.Anthropic, """{"content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"tool_use","id":"c1","name":"weather","input":{}},{"type":"tool_use","id":"c2","name":"news","input":{}}]}""", "\"signature\":\"S\"")]
    [InlineData(ChatDialect.Gemini, """{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{}},"thoughtSignature":"S"},{"functionCall":{"name":"news","args":{}}}]}}]}""", "\"thoughtSignature\":\"S\"")]
    [InlineData(ChatDialect.OpenAIResponses, """{"output":[{"type":"reasoning","id":"rs","encrypted_content":"S"},{"type":"function_call","call_id":"c1","name":"weather","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"news","arguments":"{}"}]}""", "\"encrypted_content\":\"S\"")]
    [InlineData(ChatDialect.Ollama, """{"message":{"role":"assistant","content":"","thinking":"S","tool_calls":[{"function":{"name":"weather","arguments":{}}},{"function":{"name":"news","arguments":{}}}]}}""", "\"thinking\":\"S\"")]
    [InlineData(ChatDialect.OpenAIChat, """{"choices":[{"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"news","arguments":"{}"}}]}}]}""", "\"refusal\":null")]
    public void The_providers_own_message_is_kept_and_the_results_follow(ChatDialect dialect, string raw, string kept)
    {
        var rendered = Append(dialect);
        var added = Append(dialect, JsonNode.Parse(raw)!.AsObject());
        var text = string.Concat(added.Select(m => m.ToJsonString()));

        text.ShouldContain(kept);
        text.ShouldNotContain("annotations");
        text.ShouldNotContain("Let me see.");
        text.ShouldContain("sun");
        text.ShouldContain("no paper");

        // The results are the same whoever's the assistant's part is.
        added[^1].ToJsonString().ShouldBe(rendered[^1].ToJsonString());
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Mistral)]
    [InlineData(ChatDialect.Ollama)]
    public async Task A_loop_over_a_rendered_payload_grows_it_in_its_dialect(ChatDialect dialect)
    {
        var renderer = ChatRenderers.For(dialect);
        var payload = renderer.RenderRequest(new ChatRequest { Model = "m", Messages = [new ModelMessage { Role = MessageRole.User, Content = "How is it?" }] });
        var sent = new List<JsonObject>();
        var models = new FakeModels(Answers.Calls(("weather", "{}")), Answers.Text("Sunny."));
        var conversation = new PayloadConversation(renderer, payload, (body, token) =>
        {
            sent.Add(body.DeepClone().AsObject());
            return models.StreamAsync(new ChatRequest { Model = "m", Messages = [] }, token);
        });
        var functions = new Dictionary<string, AgentFunction> { ["weather"] = new FunctionRegistry().Add(() => "sun", "weather") };

        var events = await new ToolLoop().RunAsync(conversation, functions, new CallingContext(), 5).AllAsync();

        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldBe("Sunny.");
        var asked = renderer.ParseRequest(sent[1]).Messages;
        asked.Select(m => m.Role).ShouldBe([MessageRole.User, MessageRole.Assistant, MessageRole.Tool]);
        asked[1].ToolCalls!.Single().Name.ShouldBe("weather");
        asked[2].Content.ShouldBe("sun");
    }

    [Fact]
    public void Every_call_needs_its_result() => Should.Throw<ArgumentException>(() => ToolTurn.Of(Answer, [Results[0]]));

    private static List<JsonNode> Append(ChatDialect dialect, JsonObject? raw = null)
    {
        var payload = new JsonObject();
        ToolTurn.AppendTo(ChatRenderers.For(dialect), payload, Answer, Results, raw);
        return [.. payload.Single().Value!.AsArray().Select(m => m!)];
    }
}
