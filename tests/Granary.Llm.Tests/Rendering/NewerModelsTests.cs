using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

/// <summary>What newer models refuse is not asked of them.</summary>
public class NewerModelsTests
{
    [Theory]
    [InlineData("claude-opus-4-6", true)]
    [InlineData("claude-opus-4-7", false)]
    [InlineData("claude-sonnet-5", false)]
    [InlineData("claude-fable-5-1", false)]
    public void Newer_Claudes_get_no_sampling(string model, bool sampled)
    {
        var body = Render(model, request => request with { Temperature = 0.5 });
        body.ContainsKey("temperature").ShouldBe(sampled);
        Render(model, request => request with { TopP = 0.5 }).ContainsKey("top_p").ShouldBe(sampled);
    }

    [Theory]
    [InlineData("claude-opus-5", "any", "tool")]
    [InlineData("claude-opus-5-5", "auto", "auto")]
    [InlineData("claude-fable-5-1", "auto", "auto")]
    public void Newest_Claudes_are_not_made_to_call_a_tool(string model, string required, string named)
    {
        string Choice(ToolChoice choice) => (string)Render(model, request => request with { Tools = [Samples.Clock], ToolChoice = choice })["tool_choice"]!["type"]!;
        Choice(new(ToolChoiceKind.Required)).ShouldBe(required);
        Choice(new(ToolChoiceKind.Named, "now")).ShouldBe(named);
        Choice(new(ToolChoiceKind.None)).ShouldBe("none");
    }

    [Theory]
    [InlineData("claude-opus-4-6", "high")]
    [InlineData("claude-opus-4-7", "xhigh")]
    public void Newer_Claudes_take_an_effort_beyond_the_high_one(string model, string sent) =>
        ((string?)Render(model, request => request with { ReasoningEffort = "xhigh" })["output_config"]!["effort"]).ShouldBe(sent);

    [Fact]
    public void Every_GPT_after_the_fourth_is_a_reasoning_model()
    {
        var body = Samples.Renderer(ChatDialect.OpenAIChat).RenderRequest(
            Samples.Request(ChatDialect.OpenAIChat, Samples.User("x")) with { Model = "gpt-6-astra", Temperature = 0.5, MaxTokens = 10 });
        body.ContainsKey("temperature").ShouldBeFalse();
        ((int?)body["max_completion_tokens"]).ShouldBe(10);
    }

    private static JsonObject Render(string model, Func<ChatRequest, ChatRequest> change) =>
        Samples.Renderer(ChatDialect.Anthropic).RenderRequest(change(Samples.Request(ChatDialect.Anthropic, Samples.User("x")) with { Model = model }));
}
