using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Granary.Llm.Tests.Rendering;

public class BadRequestTests
{
    private static readonly string[] Junk =
    [
        "null", "true", "0", "-1", "1e999", "1.5", "\"\"", "\"text\"", "[]", "[null]", "[[]]", "[\"text\"]", "[1]", "{}", "{\"type\":\"text\"}", "{\"type\":5}", "{\"role\":\"tool\"}",
        "\"\\ud800\"", "{\"\\ud800\":1}", "{\"a\":1,\"a\":2}", "{\"type\":\"image\",\"type\":\"text\"}", Nested(70), "[{\"type\":\"tool_use\"}]", "[{\"functionCall\":{}}]", "99999999999999999999",
    ];

    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [InlineData(ChatDialect.OpenAIChat, """{}""", "model")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":""}""", "model")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m"}""", "messages")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[]}""", "messages")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":{}}""", "messages")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[null]}""", "messages[0]")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"robot","content":"x"}]}""", "messages[0].role")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"smell"}]}]}""", "messages[0].content[0].type")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}""", "messages[0].content[0].image_url.url")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"},{"role":"tool","content":"x"}]}""", "messages[1].tool_call_id")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"arguments":"{}"}}]}]}""", "messages[0].tool_calls[0].function.name")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"n","arguments":7}}]}]}""", "messages[0].tool_calls[0].function.arguments")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}""", "temperature")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":0}""", "max_tokens")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"stop":["a",1]}""", "stop[1]")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "stream")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]}""", "tools[0].function.name")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":"perhaps"}""", "tool_choice")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}}""", "response_format.type")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","role":"user","content":"x"}]}""", "messages[0]")]
    [InlineData(ChatDialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""", "messages[0].content")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m"}""", "input")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m","input":7}""", "input")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m","input":[{"role":"tool","content":"x"}]}""", "input[0].role")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m","input":[{"type":"function_call","call_id":"a"}]}""", "input[0].name")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m","input":[{"type":"function_call_output","call_id":"a"}]}""", "input[0].output")]
    [InlineData(ChatDialect.OpenAIResponses, """{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n"}}}""", "text.format.schema")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"tool","content":"x"}]}""", "messages[0].role")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result"}]}]}""", "messages[0].content[0].tool_use_id")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"n"}]}]}""", "messages[0].content[0].type")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"n","input":"x"}]}]}""", "messages[0].content[0].input")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"no base64"}}]}]}""", "messages[0].content[0].source.data")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"user","content":"x"}],"system":[{"type":"text"}]}""", "system[0].text")]
    [InlineData(ChatDialect.Anthropic, """{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"tool"}}""", "tool_choice.name")]
    [InlineData(ChatDialect.Gemini, """{}""", "contents")]
    [InlineData(ChatDialect.Gemini, """{"contents":[{"role":"robot","parts":[]}]}""", "contents[0].role")]
    [InlineData(ChatDialect.Gemini, """{"contents":[{"role":"user"}]}""", "contents[0].parts")]
    [InlineData(ChatDialect.Gemini, """{"contents":[{"role":"model","parts":[{"functionCall":{}}]}]}""", "contents[0].parts[0].functionCall.name")]
    [InlineData(ChatDialect.Gemini, """{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"topP":2}}""", "generationConfig.topP")]
    [InlineData(ChatDialect.Gemini, """{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"?"}}]}]}""", "contents[0].parts[0].inline_data.data")]
    [InlineData(ChatDialect.Mistral, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "messages[0].content[0].image_url")]
    [InlineData(ChatDialect.Ollama, """{"model":"m","messages":[{"role":"user","content":"x","images":["?"]}]}""", "messages[0].images[0]")]
    [InlineData(ChatDialect.Ollama, """{"model":"m","messages":[{"role":"user","content":"x"}],"format":"xml"}""", "format")]
    [InlineData(ChatDialect.Ollama, """{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"num_predict":"many"}}""", "options.num_predict")]
    public void What_is_wrong_is_named_by_its_place(ChatDialect dialect, string body, string field) =>
        Should.Throw<InvalidRequestException>(() => Samples.Renderer(dialect).ParseRequest(Parse(body)!)).Field.ShouldBe(field);

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Whatever_stands_where_something_else_should_is_refused_with_its_place_or_can_be_rendered_for_everybody(ChatDialect dialect)
    {
        var good = Samples.Renderer(dialect).RenderRequest(Samples.Rich(dialect) with { ResponseFormat = new("n", Samples.Weather.Parameters), ReasoningEffort = "low" });

        Mutate(good, body =>
        {
            try
            {
                var read = Samples.Renderer(dialect).ParseRequest(body);
                foreach (var other in Enum.GetValues<ChatDialect>())
                {
                    var rendered = Samples.Renderer(other).RenderRequest(read);
                    DialectRules.Check(other, JsonNode.Parse(rendered.ToJsonString())!.AsObject());
                }
            }
            catch (InvalidRequestException refusal)
            {
                refusal.Rule.ShouldNotBeEmpty();
                refusal.Field.Split('.', '[')[0].ShouldBeOneOf([.. good.Select(property => property.Key), "body", "model"]);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Whatever_a_provider_answers_is_an_answer_or_a_format_error(ChatDialect dialect) =>
        Mutate(Samples.Renderer(dialect).RenderResponse(Samples.Answer), body =>
        {
            try
            {
                Samples.Renderer(dialect).ParseResponse(body).ShouldNotBeNull();
            }
            catch (FormatException refusal)
            {
                refusal.Message.ShouldNotBeEmpty();
            }
        });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_providers_error_is_no_answer(ChatDialect dialect)
    {
        var error = Samples.Renderer(dialect).RenderError(500, "broken", "It broke.");

        Should.Throw<FormatException>(() => Samples.Renderer(dialect).ParseResponse(error));
    }

    private static void Mutate(JsonObject good, Action<JsonObject> check)
    {
        var text = good.ToJsonString();
        var places = Places(good).Count();
        var cases = from place in Gen.Choose(0, places - 1) from junk in Gen.Elements(Junk) from twice in Gen.Elements(false, false, true) select (place, junk, twice);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            if (Parse(Replaced(text, one.place, one.junk, one.twice)) is { } body)
            {
                check(body);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    /// <summary>The body with another value at a place, or (twice) with the property written once more.</summary>
    private static string Replaced(string text, int place, string junk, bool twice)
    {
        var mark = $"#{Guid.NewGuid():N}#";
        var body = JsonNode.Parse(text)!;
        var node = Places(body).ElementAt(place);
        var name = node.Parent is JsonObject ? node.GetPropertyName() : null;
        var original = node.ToJsonString();
        node.ReplaceWith(mark);
        var replacement = twice && name is not null ? $"{original},{JsonSerializer.Serialize(name)}:{junk}" : junk;
        return body.ToJsonString().Replace($"\"{mark}\"", replacement);
    }

    private static IEnumerable<JsonNode> Places(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject body => body.Select(property => property.Value),
            JsonArray list => list,
            _ => [],
        };
        return children.Where(child => child is not null).SelectMany(child => Places(child!).Prepend(child!));
    }

    private static JsonObject? Parse(string text) =>
        JsonNode.Parse(Encoding.UTF8.GetBytes(text), documentOptions: new() { MaxDepth = 200 }) as JsonObject;

    private static string Nested(int depth) => new StringBuilder().Insert(0, "{\"a\":", depth).Append('1').Append('}', depth).ToString();
}
