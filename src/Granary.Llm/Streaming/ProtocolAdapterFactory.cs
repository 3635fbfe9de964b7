namespace Granary.Llm.Streaming;

/// <summary>Makes adapters by dialect.</summary>
public static class ProtocolAdapterFactory
{
    /// <summary>An adapter for one answer.</summary>
    /// <param name="dialect">The dialect to read or to write.</param>
    /// <param name="time">The clock for times in what is written; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dialect.</exception>
    public static ProtocolAdapter Create(ChatDialect dialect, TimeProvider? time = null) => CreateStream(dialect, time ?? TimeProvider.System);

    internal static StreamAdapter CreateStream(ChatDialect dialect, TimeProvider time) => dialect switch
    {
        ChatDialect.OpenAIChat or ChatDialect.Mistral => new OpenAIAdapter(dialect, time),
        ChatDialect.OpenAIResponses => new OpenAIResponsesAdapter(time),
        ChatDialect.Anthropic => new ClaudeAdapter(time),
        ChatDialect.Gemini => new GoogleAdapter(time),
        ChatDialect.Ollama => new OllamaAdapter(time),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "There is no such dialect."),
    };
}
