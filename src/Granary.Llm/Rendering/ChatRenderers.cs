using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Rendering;

/// <summary>The renderers of all dialects.</summary>
public static class ChatRenderers
{
    /// <summary>The renderer of a dialect. Safe for several threads.</summary>
    /// <param name="dialect">The dialect.</param>
    /// <param name="time">The clock for answers that say when they were made; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such dialect.</exception>
    public static IChatRenderer For(ChatDialect dialect, TimeProvider? time = null) => dialect switch
    {
        ChatDialect.OpenAIChat => new OpenAIChatRenderer(time ?? TimeProvider.System),
        ChatDialect.OpenAIResponses => new OpenAIResponsesRenderer(time ?? TimeProvider.System),
        ChatDialect.Anthropic => new AnthropicRenderer(),
        ChatDialect.Gemini => new GeminiRenderer(),
        ChatDialect.Mistral => new MistralRenderer(time ?? TimeProvider.System),
        ChatDialect.Ollama => new OllamaRenderer(time ?? TimeProvider.System),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "No such dialect."),
    };
}
