namespace Granary.Llm.Providers;

/// <summary>What a provider's API is like: its dialect, addresses and the header of its key.</summary>
public enum ProviderKind
{
    /// <summary>OpenAI.</summary>
    OpenAI,

    /// <summary>Azure OpenAI: deployments, <c>api-version</c>, <c>api-key</c>.</summary>
    Azure,

    /// <summary>Anthropic.</summary>
    Anthropic,

    /// <summary>Google's Gemini API.</summary>
    Gemini,

    /// <summary>Mistral.</summary>
    Mistral,

    /// <summary>Ollama.</summary>
    Ollama,

    /// <summary>Any other server that speaks as OpenAI does; its models are those that are listed.</summary>
    Compatible,
}
