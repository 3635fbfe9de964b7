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

    [Theory]
    [InlineData(ChatDialect.OpenAIChat, """{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"functions.weather:0","type":"function","function":{"name":"weather","arguments":"{}"}},{"type":"function","function":{"name":"news","arguments":"{}"}}]}}]}""")]
    [InlineData(ChatDialect.Mistral, """{"choices":[{"message":{"role":"assistant","content":"","tool_calls":[{"id":"functions.weather:0","function":{"name":"weather","arguments":"{}"}},{"id":"null","function":{"name":"news","arguments":"{}"}}]}}]}""")]
    [InlineData(ChatDialect.Anthropic, """{"content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"tool_use","id":"functions.weather:0","name":"weather","input":{}},{"type":"tool_use","id":"c 2","name":"news","input":{}}]}""")]
    [InlineData(ChatDialect.OpenAIResponses, """{"output":[{"type":"function_call","id":"fc","call_id":"functions.weather:0","name":"weather","arguments":"{}"},{"type":"function_call","call_id":"c 2","name":"news","arguments":"{}"}]}""")]
    public void Calls_and_results_have_the_same_ids_whoever_made_the_ids(ChatDialect dialect, string raw)
    {
        var renderer = ChatRenderers.For(dialect);
        var body = JsonNode.Parse(raw)!.AsObject();
        var payload = new JsonObject();

        ToolTurn.AppendTo(renderer, payload, renderer.ParseResponse(body), Results, body);

        var calls = Ids(payload, dialect == ChatDialect.OpenAIResponses ? "call_id" : "id", "function_call", "tool_use", "function");
        var results = Ids(payload, dialect switch { ChatDialect.OpenAIResponses => "call_id", ChatDialect.Anthropic => "tool_use_id", _ => "tool_call_id" }, "function_call_output", "tool_result", null);
        calls.Count.ShouldBe(2);
        results.ShouldBe(calls);

        static List<string> Ids(JsonNode? node, string name, params string?[] types) => node switch
        {
            JsonObject part => [.. part[name] is { } id && types.Contains(part["function"] is null ? part["type"]?.GetValue<string>() : "function") ? [id.GetValue<string>()] : Array.Empty<string>(), .. part.SelectMany(child => Ids(child.Value, name, types))],
            JsonArray list => [.. list.SelectMany(child => Ids(child, name, types))],
            _ => [],
        };
    }

    [Fact]
    public void A_raw_answer_with_other_calls_than_were_run_is_not_used()
    {
        var added = Append(ChatDialect.OpenAIChat, JsonNode.Parse("""{"choices":[{"message":{"role":"assistant","content":"raw","tool_calls":[{"id":"c1","function":{"name":"weather","arguments":"{}"}}]}}]}""")!.AsObject());

        added[0]["tool_calls"]!.AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", true)]
    [InlineData("gemini-2.5-flash", false)]
    public void Calls_that_came_in_pieces_are_signed_for_the_Gemini_that_wants_it(string model, bool signed)
    {
        var payload = new JsonObject();

        ToolTurn.AppendTo(ChatRenderers.For(ChatDialect.Gemini), payload, Answer with { Model = model }, Results);

        payload["contents"]![0]!["parts"]!.AsArray().Count(p => p!["thoughtSignature"] is not null).ShouldBe(signed ? 1 : 0);
    }

    [Fact]
    public void Without_the_signed_thoughts_Anthropic_goes_on_without_thinking()
    {
        var renderer = ChatRenderers.For(ChatDialect.Anthropic);
        var request = new ChatRequest { Model = "claude-sonnet-4-5", ReasoningEffort = "low", Messages = [new ModelMessage { Role = MessageRole.User, Content = "How is it?" }] };
        var streamed = renderer.RenderRequest(request);
        var whole = renderer.RenderRequest(request);
        streamed["thinking"].ShouldNotBeNull();

        ToolTurn.AppendTo(renderer, streamed, Answer, Results);
        ToolTurn.AppendTo(renderer, whole, Answer, Results, JsonNode.Parse("""{"content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"tool_use","id":"c1","name":"weather","input":{}},{"type":"tool_use","id":"c2","name":"news","input":{}}]}""")!.AsObject());

        streamed["thinking"].ShouldBeNull();
        whole["thinking"].ShouldNotBeNull();
    }

    [Fact]
    public void Reasoning_that_OpenAI_did_not_keep_is_not_sent_back()
    {
        var text = string.Concat(Append(ChatDialect.OpenAIResponses, JsonNode.Parse(
            """{"output":[{"type":"reasoning","id":"rs_1","summary":[]},{"type":"function_call","id":"fc_1","call_id":"c1","name":"weather","arguments":"{}"},{"type":"function_call","id":"fc_2","call_id":"c2","name":"news","arguments":"{}"}]}""")!.AsObject()).Select(m => m.ToJsonString()));

        // Without its thought an item is refused by its id.
        text.ShouldNotContain("rs_1");
        text.ShouldNotContain("fc_1");
        text.ShouldContain("\"call_id\":\"c1\"");
    }

    [Theory]
    [InlineData("gpt-5", true)]
    [InlineData("gpt-4o", false)]
    public void OpenAI_is_asked_for_reasoning_that_can_be_sent_back(string model, bool asked) => ChatRenderers.For(ChatDialect.OpenAIResponses)
        .RenderRequest(new ChatRequest { Model = model, Messages = [new ModelMessage { Role = MessageRole.User, Content = "Hi" }] })
        .ToJsonString().Contains("\"include\":[\"reasoning.encrypted_content\"]", StringComparison.Ordinal).ShouldBe(asked);

    [Fact]
    public void Avoided_role_tool_became_assistant_for_Anthropic()
    {
        var renderer = ChatRenderers.For(ChatDialect.Anthropic);
        var question = new ModelMessage { Role = MessageRole.User, Content = "How is it?" };
        var rendered = renderer.RenderRequest(new ChatRequest { Model = "claude-x", Messages = [question, .. ToolTurn.Of(Answer, Results)] });
        var appended = renderer.RenderRequest(new ChatRequest { Model = "claude-x", Messages = [question] });
        ToolTurn.AppendTo(renderer, appended, Answer, Results);

        foreach (var payload in new[] { rendered, appended })
        {
            var messages = payload["messages"]!.AsArray();
            messages.Select(m => m!["role"]!.GetValue<string>()).ShouldBe(["user", "assistant", "user"]);
            messages[2]!["content"]!.AsArray().Select(b => b!["type"]!.GetValue<string>()).ShouldBe(["tool_result", "tool_result"]);
            messages[1]!.ToJsonString().ShouldNotContain("no paper");
        }
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
