using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

public class GeminiNamesAndSchemasTests
{
    [Fact]
    public void A_schema_that_refers_to_itself_as_a_whole_is_followed()
    {
        var items = Schema("""{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#"}}}}""")["properties"]!["children"]!["items"]!;
        ((string)items["type"]!).ShouldBe("object");
        ((string)items["properties"]!["name"]!["type"]!).ShouldBe("string");
    }

    [Theory]
    [InlineData("#/$defs/a%20b")]
    [InlineData("#/$defs/a b")]
    [InlineData("#/$defs/list/1")]
    public void A_reference_with_escapes_or_into_a_list_is_found(string reference) =>
        ((string)Schema("""{"type":"object","properties":{"x":{"$ref":"REF"}},"$defs":{"a b":{"type":"integer"},"list":[{"type":"string"},{"type":"integer"}]}}""".Replace("REF", reference))
            ["properties"]!["x"]!["type"]!).ShouldBe("integer");

    [Theory]
    [InlineData("#/$defs/none")]
    [InlineData("https://example.org/schema")]
    public void A_reference_that_leads_nowhere_is_an_object(string reference) =>
        ((string)Schema("""{"type":"object","properties":{"x":{"$ref":"REF"}}}""".Replace("REF", reference))["properties"]!["x"]!["type"]!).ShouldBe("object");

    [Theory]
    [InlineData("3d", "_3d_da0568")]
    [InlineData("-x", "_-x_a42096")]
    [InlineData("_ok", "_ok")]
    [InlineData("ok", "ok")]
    public void A_name_begins_with_a_letter_or_an_underscore_everywhere(string name, string sent)
    {
        var tool = Samples.Clock with { Name = name };
        var body = Samples.Renderer(ChatDialect.Gemini).RenderRequest(Samples.Request(
            ChatDialect.Gemini, Samples.User("x"), Samples.Assistant("", Samples.Call("c", name, "{}")), Samples.Result("c", "noon")) with
        {
            Tools = [tool],
            ToolChoice = new(ToolChoiceKind.Named, name),
        });
        ((string)body["tools"]![0]!["functionDeclarations"]![0]!["name"]!).ShouldBe(sent);
        ((string)body["toolConfig"]!["functionCallingConfig"]!["allowedFunctionNames"]![0]!).ShouldBe(sent);
        ((string)body["contents"]![1]!["parts"]![0]!["functionCall"]!["name"]!).ShouldBe(sent);
        ((string)body["contents"]![2]!["parts"]![0]!["functionResponse"]!["name"]!).ShouldBe(sent);
    }

    private static JsonObject Schema(string schema) => Samples.Renderer(ChatDialect.Gemini).RenderRequest(Samples.Request(ChatDialect.Gemini, Samples.User("x")) with
    {
        Tools = [Samples.Clock with { Parameters = Samples.Json(schema) }],
    })["tools"]![0]!["functionDeclarations"]![0]!["parameters"]!.AsObject();
}
