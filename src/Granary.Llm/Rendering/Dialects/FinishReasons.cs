namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Providers' words for why an answer ended, for answers in pieces and whole ones alike. A word that nobody knows is <see cref="ChatFinish.Unknown"/>: what
/// it means for the answer is not guessed.
/// </summary>
internal static class FinishReasons
{
    /// <summary>OpenAI's chat completions, Mistral's, and those of compatible servers.</summary>
    public static ChatFinish OpenAI(string? reason, bool isRefused) => isRefused ? ChatFinish.ContentFilter : reason switch
    {
        "stop" or "stop_sequence" or "end_turn" or "eos" or "eos_token" => ChatFinish.Stop,
        "tool_calls" or "function_call" => ChatFinish.ToolCalls,
        "length" or "model_length" or "max_tokens" => ChatFinish.Length,
        "content_filter" => ChatFinish.ContentFilter,
        _ => ChatFinish.Unknown,
    };

    /// <summary>OpenAI's responses that are incomplete.</summary>
    public static ChatFinish Incomplete(string? reason, bool isRefused) =>
        isRefused || reason == "content_filter" ? ChatFinish.ContentFilter : ChatFinish.Length;

    /// <summary>Anthropic's messages.</summary>
    public static ChatFinish Anthropic(string? reason) => reason switch
    {
        "end_turn" or "stop_sequence" or "pause_turn" => ChatFinish.Stop,
        "tool_use" => ChatFinish.ToolCalls,
        "max_tokens" or "model_context_window_exceeded" => ChatFinish.Length,
        "refusal" => ChatFinish.ContentFilter,
        _ => ChatFinish.Unknown,
    };

    /// <summary>Gemini's candidates.</summary>
    public static ChatFinish Gemini(string? reason) => reason switch
    {
        "STOP" => ChatFinish.Stop,
        "FUNCTION_CALL" => ChatFinish.ToolCalls,
        "MAX_TOKENS" => ChatFinish.Length,
        "SAFETY" or "RECITATION" or "LANGUAGE" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT"
            or "IMAGE_RECITATION" => ChatFinish.ContentFilter,
        _ => ChatFinish.Unknown,
    };

    /// <summary>What is wrong with a candidate of Gemini that ended with any other word, such as MALFORMED_FUNCTION_CALL or OTHER; null if nothing is.</summary>
    public static string? GeminiFailure(string? reason, string? message) =>
        string.IsNullOrEmpty(reason) || reason == "FINISH_REASON_UNSPECIFIED" || Gemini(reason) != ChatFinish.Unknown
            ? null
            : string.IsNullOrEmpty(message) ? $"The model stopped: {reason}" : message;

    /// <summary>Ollama's chat; old servers give no reason.</summary>
    public static ChatFinish Ollama(string? reason) => reason switch
    {
        null or "" or "stop" => ChatFinish.Stop,
        "length" => ChatFinish.Length,
        _ => ChatFinish.Unknown,
    };
}
