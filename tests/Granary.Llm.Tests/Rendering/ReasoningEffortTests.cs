namespace Granary.Llm.Tests.Rendering;

/// <summary>How much to reason is asked for only where it is understood, in words that are.</summary>
public class ReasoningEffortTests
{
    [Theory]
    [InlineData("gpt-4o", "low", null)]
    [InlineData("gpt-4.1-mini", "high", null)]
    [InlineData("ft:gpt-3.5-turbo:me", "high", null)]
    [InlineData("chatgpt-4o-latest", "high", null)]
    [InlineData("o1-mini", "high", null)]
    [InlineData("llama-3.3-70b", "low", null)]
    [InlineData("o3-mini", "low", "low")]
    [InlineData("o3", "minimal", "low")]
    [InlineData("o3", "max", "high")]
    [InlineData("gpt-5", "max", "high")]
    [InlineData("gpt-5", "none", "minimal")]
    [InlineData("gpt-5-mini", "minimal", "minimal")]
    [InlineData("gpt-5.1", "minimal", "low")]
    [InlineData("gpt-5.1", "none", "none")]
    [InlineData("gpt-5.1", "xhigh", "high")]
    [InlineData("gpt-5.2", "max", "xhigh")]
    [InlineData("openai/gpt-5.2", "xhigh", "xhigh")]
    [InlineData("gpt-oss-120b", "max", "high")]
    [InlineData("gpt-5.6-terra", "max", "max")]
    [InlineData("gpt-5.6-terra", "none", "none")]
    [InlineData("gpt-6-astra", "none", "low")]
    [InlineData("gpt-6-astra", "minimal", "low")]
    [InlineData("gpt-6.1-sol", "xhigh", "xhigh")]
    [InlineData("openai/gpt-6.2-sol", "max", "max")]
    [InlineData("gpt-5", "as much as you like", null)]
    public void By_model(string model, string effort, string? sent)
    {
        var request = Samples.Request(ChatDialect.OpenAIChat, Samples.User("x")) with { Model = model, ReasoningEffort = effort };
        ((string?)Samples.Renderer(ChatDialect.OpenAIChat).RenderRequest(request)["reasoning_effort"]).ShouldBe(sent);
        ((string?)Samples.Renderer(ChatDialect.OpenAIResponses).RenderRequest(request)["reasoning"]?["effort"]).ShouldBe(sent);
    }
}
