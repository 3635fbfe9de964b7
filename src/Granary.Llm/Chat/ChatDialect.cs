namespace Granary.Llm;

/// <summary>The shapes in which providers take chats and answer them.</summary>
public enum ChatDialect
{
    /// <summary>OpenAI's <c>/v1/chat/completions</c>, and all that are compatible with it.</summary>
    OpenAIChat,

    /// <summary>OpenAI's <c>/v1/responses</c>.</summary>
    OpenAIResponses,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    Anthropic,

    /// <summary>Google's <c>generateContent</c> and <c>streamGenerateContent</c>.</summary>
    Gemini,

    /// <summary>Mistral's <c>/v1/chat/completions</c>: as OpenAI's, with stricter rules for roles and ids.</summary>
    Mistral,

    /// <summary>Ollama's <c>/api/chat</c>.</summary>
    Ollama,
}
