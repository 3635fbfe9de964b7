using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

public class GoldenTests
{
    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_rich_conversation_is_rendered_as_it_was(ChatDialect dialect) =>
        Golden.ShouldMatch(Samples.Renderer(dialect).RenderRequest(Samples.Rich(dialect)), $"{dialect}.rich");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_broken_conversation_is_repaired_as_it_was(ChatDialect dialect) =>
        Golden.ShouldMatch(Samples.Renderer(dialect).RenderRequest(Samples.Broken(dialect)), $"{dialect}.broken");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_answer_by_schema_is_asked_for_as_it_was(ChatDialect dialect) => Golden.ShouldMatch(
        Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.System("You sort."), Samples.User("Sort this.")) with
        {
            ResponseFormat = new("sorted", Samples.Json("""
                {"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/$defs/item"}}},"required":["items"],"additionalProperties":false,
                "$defs":{"item":{"type":"object","properties":{"name":{"type":"string"},"rank":{"type":"integer"}},"required":["name","rank"],"additionalProperties":false}}}
                """)),
            TopP = 0.9,
        }),
        $"{dialect}.schema");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Any_JSON_is_asked_for_as_it_was(ChatDialect dialect) => Golden.ShouldMatch(
        Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("Sort this.")) with { ResponseFormat = new() }),
        $"{dialect}.json-mode");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Reasoning_models_are_asked_as_they_were(ChatDialect dialect) => Golden.ShouldMatch(
        Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("Why?")) with
        {
            Model = dialect is ChatDialect.OpenAIChat or ChatDialect.OpenAIResponses ? "gpt-5-mini" : Samples.Model(dialect),
            ReasoningEffort = "low",
            Temperature = 0.2,
            TopP = 0.5,
            MaxTokens = 2_000,
            Stop = ["END"],
            Tools = [Samples.Clock],
            ToolChoice = new(ToolChoiceKind.None),
        }),
        $"{dialect}.reasoning");

    /// <summary>Each dialect gets what it signed itself and nothing of what others did.</summary>
    [Theory]
    [MemberData(nameof(Dialects))]
    public void Signed_thoughts_go_back_to_who_signed_them(ChatDialect dialect) => Golden.ShouldMatch(
        Samples.Renderer(dialect).RenderRequest(Samples.Request(
            dialect,
            Samples.User("Weather?"),
            Samples.Assistant("First. Then.", Samples.Call("c1", "get_weather", "{}"), Samples.Call("c2", "now", "{}")),
            Samples.Result("c1", "sun"),
            Samples.Result("c2", "noon")) with
        {
            Model = dialect == ChatDialect.Gemini ? "gemini-3-pro" : Samples.Model(dialect),
            ReasoningEffort = "low",
            Tools = [Samples.Clock],
            Thoughts =
            [
                new(
                    ChatDialect.Anthropic,
                    [
                        new("""{"type":"thinking","thinking":"Hm","signature":"Sig-A1"}""", 0, 0),
                        new("""{"type":"redacted_thinking","data":"Sig-A2"}""", 7, 0),
                        new("""{"type":"thinking","thinking":"","signature":"Sig-A3"}""", 12, 1),
                    ],
                    "c1"),
                new(
                    ChatDialect.Gemini,
                    [new("""{"text":"","thoughtSignature":"Sig-G1"}""", 12, 0), new("""{"functionCall":{},"thoughtSignature":"Sig-G2"}""", 12, 0)],
                    "c1"),
            ],
        }),
        $"{dialect}.signed");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_conversation_of_nothing_is_rendered_as_it_was(ChatDialect dialect) => Golden.ShouldMatch(
        new JsonArray(
            Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect)),
            Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.System("You help."))),
            Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User(""), Samples.Assistant(" ")))),
        $"{dialect}.nothing");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_stretch_of_messages_is_rendered_as_it_stands(ChatDialect dialect) => Golden.ShouldMatch(
        Samples.Renderer(dialect).RenderMessages([
            Samples.Assistant("", Samples.Call("call_9", "now", "{}")),
            Samples.Result("call_9", "noon", name: "now"),
            Samples.Result("call_8", "of an earlier call", name: "now"),
        ]),
        $"{dialect}.stretch");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_answer_is_rendered_as_it_was(ChatDialect dialect) =>
        Golden.ShouldMatch(Samples.Renderer(dialect).RenderResponse(Samples.Answer), $"{dialect}.answer");

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Errors_are_rendered_as_they_were(ChatDialect dialect) => Golden.ShouldMatch(
        new JsonArray([.. ((int[])[400, 401, 403, 404, 413, 429, 500, 503, 504, 529]).Select(JsonNode (status) => new JsonObject
        {
            ["status"] = status,
            ["body"] = Samples.Renderer(dialect).RenderError(status, "some_case", "It went wrong."),
        })]),
        $"{dialect}.errors");
}
