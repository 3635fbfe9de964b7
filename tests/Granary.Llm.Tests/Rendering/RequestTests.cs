using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Tests.Rendering;

public class RequestTests
{
    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Settings_that_are_rendered_are_read_again(ChatDialect dialect)
    {
        var rich = Samples.Rich(dialect);
        var body = Samples.Renderer(dialect).RenderRequest(rich);
        body["model"] ??= rich.Model;

        var read = Samples.Renderer(dialect).ParseRequest(body);

        read.Model.ShouldBe(rich.Model);
        read.Temperature.ShouldBe(0.3);
        read.MaxTokens.ShouldBe(500);
        read.Stop.ShouldBe(dialect == ChatDialect.OpenAIResponses ? [] : ["END"]);
        read.Stream.ShouldBe(dialect != ChatDialect.Gemini);
        read.Tools.Select(tool => tool.Name).ShouldBe(["get_weather", "now"]);
        read.Tools[0].Description.ShouldBe("The weather of a city.");
        read.Tools[0].Parameters.GetProperty("properties").TryGetProperty("city", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Mistral)]
    public void Each_choice_of_tools_is_read_again(ChatDialect dialect)
    {
        foreach (var choice in (ToolChoice[])[new(ToolChoiceKind.Auto), new(ToolChoiceKind.None), new(ToolChoiceKind.Required), new(ToolChoiceKind.Named, "now")])
        {
            var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("x")) with { Tools = [Samples.Weather, Samples.Clock], ToolChoice = choice });
            body["model"] ??= "m";

            Samples.Renderer(dialect).ParseRequest(body).ToolChoice.ShouldBe(choice);
        }
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Mistral)]
    public void One_tool_at_a_time_is_read_again(ChatDialect dialect)
    {
        var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("x")) with
        {
            Tools = [Samples.Clock],
            ToolChoice = new(ToolChoiceKind.Auto, null, AllowParallel: false),
        });

        Samples.Renderer(dialect).ParseRequest(body).ToolChoice!.AllowParallel.ShouldBe(false);
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Mistral)]
    [InlineData(ChatDialect.Ollama)]
    public void A_form_of_the_answer_is_read_again(ChatDialect dialect)
    {
        foreach (var format in (ResponseFormat[])[new(), new("answer", Samples.Json("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"""))])
        {
            var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("JSON, please")) with { ResponseFormat = format });
            body["model"] ??= "m";
            var read = Samples.Renderer(dialect).ParseRequest(body).ResponseFormat.ShouldNotBeNull();

            read.Name.ShouldBe(format.Name);
            read.Schema?.GetRawText().ShouldBe(format.Schema?.GetRawText());
        }
    }

    // llm-proxy.md 5 [avoid]: role tool mapped to assistant for Anthropic.
    [Fact]
    public void A_tools_result_is_never_said_by_Anthropics_assistant()
    {
        var body = Samples.Renderer(ChatDialect.Anthropic).RenderRequest(Samples.Rich(ChatDialect.Anthropic));

        foreach (var message in body["messages"]!.AsArray().Where(message => message!["content"] is JsonArray))
        {
            message!["content"]!.AsArray().Any(block => block!["type"]!.GetValue<string>() == "tool_result" && message["role"]!.GetValue<string>() != "user").ShouldBeFalse();
        }

        body["messages"]!.AsArray().Last()!["role"]!.GetValue<string>().ShouldBe("user");
    }

    [Fact]
    public void Results_and_words_of_one_message_of_Anthropic_become_messages_of_their_own()
    {
        var read = Parse(ChatDialect.Anthropic, """
            {"model":"claude","system":[{"type":"text","text":"One."},{"type":"text","text":"Two."}],"max_tokens":10,"messages":[
            {"role":"user","content":"Go"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"I go."},{"type":"tool_use","id":"a","name":"go","input":{"to":"there"}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"no way"}]},{"type":"text","text":"So?"}]}],
            "thinking":{"type":"enabled","budget_tokens":2048}}
            """);

        read.Messages.Select(message => $"{message.Role}: {message.Content}{message.ToolError}").ShouldBe(
            ["System: One.\n\nTwo.", "User: Go", "Assistant: I go.", "Tool: no way", "User: So?"]);
        read.Messages[2].ToolCalls!.Single().Arguments.GetProperty("to").GetString().ShouldBe("there");
        read.ReasoningEffort.ShouldBe("medium");
    }

    [Fact]
    public void Input_of_responses_may_be_a_text()
    {
        var read = Parse(ChatDialect.OpenAIResponses, """{"model":"gpt-4o","input":"Hi","instructions":"Be kind."}""");

        read.Messages.Select(message => $"{message.Role}: {message.Content}").ShouldBe(["System: Be kind.", "User: Hi"]);
    }

    [Fact]
    public void Calls_of_responses_belong_to_the_assistant_before_them()
    {
        var read = Parse(ChatDialect.OpenAIResponses, """
            {"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]},{"type":"reasoning","id":"rs_1","summary":[]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]},{"type":"function_call","call_id":"a","name":"now","arguments":"{}"},
            {"type":"function_call","call_id":"b","name":"now","arguments":"oops"},{"type":"function_call_output","call_id":"a","output":"noon"},{"type":"function_call_output","call_id":"b","output":"?"}]}
            """);

        read.Messages.Select(message => message.Role).ShouldBe([MessageRole.User, MessageRole.Assistant, MessageRole.Tool, MessageRole.Tool]);
        read.Messages[1].ToolCalls!.Select(call => call.Id).ShouldBe(["a", "b"]);
        read.Messages[1].ToolCalls![1].Arguments.GetProperty("raw").GetString().ShouldBe("oops");
    }

    [Fact]
    public void Gemini_is_read_in_snake_case_and_its_responses_find_their_calls_by_name()
    {
        var read = Parse(ChatDialect.Gemini, """
            {"model":"models/gemini-2.5-flash","system_instruction":{"parts":[{"text":"Be kind."}]},"contents":[{"parts":[{"text":"Hi"}]},
            {"role":"model","parts":[{"functionCall":{"name":"a","args":{}}},{"functionCall":{"name":"b","args":{"x":1}}}]},
            {"role":"user","parts":[{"function_response":{"name":"b","response":{"result":"B"}}},{"functionResponse":{"name":"a","response":{"error":"no A"}}}]}],
            "generation_config":{"max_output_tokens":9},"tools":[{"function_declarations":[{"name":"a","description":"A","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING"}}}}]}]}
            """);

        read.Model.ShouldBe("gemini-2.5-flash");
        read.MaxTokens.ShouldBe(9);
        var calls = read.Messages[2].ToolCalls!;
        read.Messages[3].ToolCallId.ShouldBe(calls[1].Id);
        read.Messages[3].Content.ShouldBe("B");
        read.Messages[4].ToolCallId.ShouldBe(calls[0].Id);
        read.Messages[4].ToolError.ShouldBe("no A");
        read.Tools.Single().Parameters.GetProperty("properties").GetProperty("x").GetProperty("type").GetString().ShouldBe("string");
    }

    [Theory]
    [InlineData("gpt-5", true)]
    [InlineData("gpt-5.1-mini", true)]
    [InlineData("o3-mini", true)]
    [InlineData("openai/o1", true)]
    [InlineData("gpt-4o", false)]
    [InlineData("olmo-2", false)]
    [InlineData("gpt-oss-120b", false)]
    public void OpenAIs_reasoning_models_are_known_by_name(string model, bool reasons) => ModelFamilies.IsOpenAIReasoning(model).ShouldBe(reasons);

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object"}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"anyOf":[{"type":"string"},{"oneOf":[]}]}}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":7,"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""true""", false)]
    public void A_schema_is_strict_only_where_OpenAI_would_take_it_so(string schema, bool strict) => StrictSchema.Is(Samples.Json(schema)).ShouldBe(strict);

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", 4.5)]
    [InlineData("claude-sonnet-4-20250514", 4)]
    [InlineData("claude-3-7-sonnet-latest", 3.7)]
    [InlineData("claude-3-haiku-20240307", 3)]
    [InlineData("claude-opus-4-6", 4.6)]
    [InlineData("gemini-2.5-flash", 2.5)]
    [InlineData("gemini-3-pro-preview", 3)]
    [InlineData("gemini-flash-latest", 0)]
    public void Versions_are_read_from_names(string model, double version) => ModelFamilies.Version(model).ShouldBe(version);

    [Fact]
    public void Claude_thinks_by_effort_or_budget_as_its_version_has_it_and_not_between_tools()
    {
        JsonObject Render(string model, params ModelMessage[] messages) => Samples.Renderer(ChatDialect.Anthropic).RenderRequest(
            new() { Model = model, Messages = messages, ReasoningEffort = "high", Temperature = 0.5, Tools = [Samples.Clock] });

        var budgeted = Render("claude-sonnet-4-5", Samples.User("x"));
        budgeted["thinking"]!["budget_tokens"]!.GetValue<int>().ShouldBeLessThan(budgeted["max_tokens"]!.GetValue<int>());
        budgeted.ContainsKey("temperature").ShouldBeFalse();
        Render("claude-opus-4-6", Samples.User("x"))["output_config"]!["effort"]!.GetValue<string>().ShouldBe("high");
        Render("claude-3-5-haiku", Samples.User("x")).ContainsKey("thinking").ShouldBeFalse();
        Render("claude-opus-4-6", Samples.User("x"), Samples.Assistant("", Samples.Call("a", "now", "{}")), Samples.Result("a", "noon")).ContainsKey("thinking").ShouldBeFalse();
    }

    [Fact]
    public void Newer_Geminis_get_a_signature_with_each_first_call()
    {
        var body = Samples.Renderer(ChatDialect.Gemini).RenderRequest(Samples.Rich(ChatDialect.Gemini) with { Model = "gemini-3-pro-preview" });

        var calls = body["contents"]!.AsArray().SelectMany(content => content!["parts"]!.AsArray()).Where(part => part!["functionCall"] is not null).ToList();
        calls.Select(call => call!.AsObject().ContainsKey("thoughtSignature")).ShouldBe([true, false, true]);
    }

    [Fact]
    public void Older_Geminis_are_told_the_form_of_the_answer_where_tools_are_offered()
    {
        var body = Samples.Renderer(ChatDialect.Gemini).RenderRequest(
            Samples.Request(ChatDialect.Gemini, Samples.User("x")) with { Tools = [Samples.Clock], ResponseFormat = new() });

        body.ContainsKey("generationConfig").ShouldBeFalse();
        body["systemInstruction"]!["parts"]![0]!["text"]!.GetValue<string>().ShouldContain("JSON");
    }

    [Theory]
    [InlineData("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"},"also":{"$ref":"#/$defs/n"},"more":{"$ref":"#/$defs/n"}}}}}""")]
    [InlineData("""{"type":["string","integer"]}""")]
    [InlineData("""{"oneOf":[{"type":"null"},{"const":"a"}]}""")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"array"}},"required":["b","c"]}]}""")]
    [InlineData("""{"enum":[1,2]}""")]
    [InlineData("""true""")]
    public void Any_schema_becomes_one_that_Gemini_takes(string schema)
    {
        var converted = GeminiSchema.Of(Samples.Json(schema));

        CheckGeminiSchema(converted);
        converted.ToJsonString().Length.ShouldBeLessThan(500_000);
    }

    private static void CheckGeminiSchema(JsonObject schema)
    {
        string[] known = ["type", "format", "title", "description", "nullable", "enum", "items", "properties", "required", "anyOf", "minimum", "maximum", "minItems", "default", "pattern"];
        schema.Select(property => property.Key).ShouldBeSubsetOf(known);
        (schema.ContainsKey("type") || schema.ContainsKey("anyOf")).ShouldBeTrue();
        if (schema["type"]?.GetValue<string>() == "array")
        {
            CheckGeminiSchema(schema["items"]!.AsObject());
        }

        foreach (var name in schema["required"]?.AsArray() ?? [])
        {
            schema["properties"]!.AsObject().ContainsKey(name!.GetValue<string>()).ShouldBeTrue();
        }

        foreach (var (_, property) in schema["properties"]?.AsObject() ?? [])
        {
            CheckGeminiSchema(property!.AsObject());
        }
    }

    private static ChatRequest Parse(ChatDialect dialect, string body) => Samples.Renderer(dialect).ParseRequest(JsonNode.Parse(body)!.AsObject());
}
