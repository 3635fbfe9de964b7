using static Granary.Llm.Providers.ModelCapabilities;

namespace Granary.Llm.Providers;

/// <summary>
/// What is built in: well-known models by how their names begin, with limits and list prices (US dollars for a million tokens, the lowest step where a
/// price depends on the prompt's length), last checked on 2026-11-21 against the providers' pages named below and LiteLLM's table of models. What could
/// not be found there has no price. Providers change both: whoever accounts by these prices sets them under Granary:Models:Catalogue.
/// </summary>
internal static class KnownModels
{
    private const ModelCapabilities Text = Chat | Tools | Json;
    private const ModelCapabilities Seeing = Text | Images;
    private const ModelCapabilities Thinking = Seeing | Reasoning;
    private const ModelCapabilities Fixed = Thinking | FixedSampling;

    public static IReadOnlyList<ModelInfo> All { get; } =
    [
        // See https://developers.openai.com/api/docs/models, https://developers.openai.com/api/docs/pricing
        Model("openai", "gpt-6", 1_050_000, 128_000, Fixed),
        Model("openai", "gpt-6-astra", 1_050_000, 128_000, Fixed, 10m, 1m, 50m),
        Model("openai", "gpt-6-sol", 1_050_000, 128_000, Fixed, 2m, 0.2m, 10m),
        Model("openai", "gpt-6-luna", 1_050_000, 128_000, Fixed, 0.1m, 0.01m, 0.5m),
        Model("openai", "gpt-6.1-sol", 1_050_000, 128_000, Fixed, 2m, 0.1m, 10m),
        Model("openai", "gpt-6.1-terra", 1_050_000, 128_000, Fixed, 1m, 0.05m, 5m),
        Model("openai", "gpt-6.2-astra", 1_050_000, 128_000, Fixed, 8m, null, 40m),
        Model("openai", "gpt-6.2-sol", 1_050_000, 128_000, Fixed, 2m, null, 10m),
        Model("openai", "gpt-5", 400_000, 128_000, Fixed, 1.25m, 0.125m, 10m),
        Model("openai", "gpt-5-mini", 400_000, 128_000, Fixed, 0.25m, 0.025m, 2m),
        Model("openai", "gpt-5-nano", 400_000, 128_000, Fixed, 0.05m, 0.005m, 0.4m),
        Model("openai", "gpt-5-pro", 400_000, 272_000, Fixed, 15m, null, 120m),
        Model("openai", "gpt-5-chat", 128_000, 16_384, Seeing, 1.25m, 0.125m, 10m),
        Model("openai", "gpt-5.1", 400_000, 128_000, Fixed, 1.25m, 0.125m, 10m),
        Model("openai", "gpt-5.1-chat", 128_000, 16_384, Seeing, 1.25m, 0.125m, 10m),
        Model("openai", "gpt-5.2", 400_000, 128_000, Fixed, 1.75m, 0.175m, 14m),
        Model("openai", "gpt-5.2-chat", 128_000, 16_384, Seeing, 1.75m, 0.175m, 14m),
        Model("openai", "gpt-5.2-pro", 400_000, 128_000, Fixed, 21m, null, 168m),
        Model("openai", "gpt-5.3-chat", 128_000, 16_384, Seeing, 1.75m, 0.175m, 14m),
        Model("openai", "gpt-5.4", 1_050_000, 128_000, Fixed, 2.5m, 0.25m, 15m),
        Model("openai", "gpt-5.4-mini", 400_000, 128_000, Fixed, 0.75m, 0.075m, 4.5m),
        Model("openai", "gpt-5.4-nano", 400_000, 128_000, Fixed, 0.2m, 0.02m, 1.25m),
        Model("openai", "gpt-5.4-pro", 1_050_000, 128_000, Fixed, 30m, 3m, 180m),
        Model("openai", "gpt-5.5", 1_050_000, 128_000, Fixed, 5m, 0.5m, 30m),
        Model("openai", "gpt-5.5-pro", 1_050_000, 128_000, Fixed, 30m, 3m, 180m),
        Model("openai", "gpt-5.6", 1_050_000, 128_000, Fixed, 4m, 0.4m, 20m),
        Model("openai", "gpt-5.6-terra", 1_050_000, 128_000, Fixed, 2m, 0.2m, 12m),
        Model("openai", "gpt-5.6-luna", 1_050_000, 128_000, Fixed, 0.2m, 0.02m, 1.2m),
        Model("openai", "gpt-4.1", 1_047_576, 32_768, Seeing, 2m, 0.5m, 8m),
        Model("openai", "gpt-4.1-mini", 1_047_576, 32_768, Seeing, 0.4m, 0.1m, 1.6m),
        Model("openai", "gpt-4.1-nano", 1_047_576, 32_768, Seeing, 0.1m, 0.025m, 0.4m),
        Model("openai", "gpt-4o", 128_000, 16_384, Seeing, 2.5m, 1.25m, 10m),
        Model("openai", "gpt-4o-2024-05-13", 128_000, 4_096, Seeing, 5m, null, 15m),
        Model("openai", "gpt-4o-mini", 128_000, 16_384, Seeing, 0.15m, 0.075m, 0.6m),
        Model("openai", "chatgpt-4o-latest", 128_000, 16_384, Chat | Images, 5m, null, 15m),
        Model("openai", "gpt-4-turbo", 128_000, 4_096, Seeing, 10m, null, 30m),
        Model("openai", "gpt-4-1106", 128_000, 4_096, Text, 10m, null, 30m),
        Model("openai", "gpt-4-0125", 128_000, 4_096, Text, 10m, null, 30m),
        Model("openai", "gpt-4-vision", 128_000, 4_096, Chat | Images, 10m, null, 30m),
        Model("openai", "gpt-4.5", 128_000, 16_384, Seeing, 75m, 37.5m, 150m),
        Model("openai", "gpt-4", 8_192, 4_096, Chat | Tools, 30m, null, 60m),
        Model("openai", "gpt-4-32k", 32_768, 4_096, Chat | Tools, 60m, null, 120m),
        Model("openai", "gpt-3.5-turbo", 16_385, 4_096, Chat | Tools, 0.5m, null, 1.5m),
        Model("openai", "o1", 200_000, 100_000, Fixed, 15m, 7.5m, 60m),
        Model("openai", "o1-mini", 128_000, 65_536, Chat | Reasoning | FixedSampling, 1.1m, 0.55m, 4.4m),
        Model("openai", "o1-pro", 200_000, 100_000, Fixed, 150m, null, 600m),
        Model("openai", "o3", 200_000, 100_000, Fixed, 2m, 0.5m, 8m),
        Model("openai", "o3-mini", 200_000, 100_000, Text | Reasoning | FixedSampling, 1.1m, 0.55m, 4.4m),
        Model("openai", "o3-pro", 200_000, 100_000, Fixed, 20m, null, 80m),
        Model("openai", "o4-mini", 200_000, 100_000, Fixed, 1.1m, 0.275m, 4.4m),
        Vectors("openai", "text-embedding-3-small", 8_191, 1_536, 0.02m),
        Vectors("openai", "text-embedding-3-large", 8_191, 3_072, 0.13m),
        Vectors("openai", "text-embedding-ada-002", 8_191, 1_536, 0.1m),

        // See https://platform.claude.com/docs/en/about-claude/models/overview
        Model("anthropic", "claude", 200_000, 8_192, Seeing),
        Model("anthropic", "claude-opus-4", 200_000, 32_000, Thinking, 15m, 1.5m, 75m),
        Model("anthropic", "claude-opus-4-5", 200_000, 64_000, Thinking, 5m, 0.5m, 25m),
        Model("anthropic", "claude-opus-4-6", 1_000_000, 128_000, Thinking, 5m, 0.5m, 25m),
        Model("anthropic", "claude-opus-4-7", 1_000_000, 128_000, Fixed, 5m, 0.5m, 25m),
        Model("anthropic", "claude-opus-4-8", 1_000_000, 128_000, Fixed, 5m, 0.5m, 25m),
        Model("anthropic", "claude-opus-5", 1_000_000, 128_000, Fixed, 5m, 0.5m, 25m),
        Model("anthropic", "claude-opus-5-5", 1_000_000, 128_000, Fixed, 4m, 0.2m, 20m),
        Model("anthropic", "claude-sonnet-4", 200_000, 64_000, Thinking, 3m, 0.3m, 15m),
        Model("anthropic", "claude-sonnet-4-6", 1_000_000, 64_000, Thinking, 3m, 0.3m, 15m),
        Model("anthropic", "claude-sonnet-5", 1_000_000, 128_000, Fixed, 2m, 0.2m, 10m),
        Model("anthropic", "claude-fable-5", 1_000_000, 128_000, Fixed, 10m, 1m, 50m),
        Model("anthropic", "claude-fable-5-1", 1_000_000, 128_000, Fixed, 10m, 0.25m, 50m),
        Model("anthropic", "claude-haiku-4-5", 200_000, 64_000, Thinking, 1m, 0.1m, 5m),
        Model("anthropic", "claude-haiku-5-5", 1_000_000, 128_000, Fixed, 0.1m, null, 0.5m),
        Model("anthropic", "claude-3-7-sonnet", 200_000, 64_000, Thinking, 3m, 0.3m, 15m),
        Model("anthropic", "claude-3-5-sonnet", 200_000, 8_192, Seeing, 3m, 0.3m, 15m),
        Model("anthropic", "claude-3-5-haiku", 200_000, 8_192, Seeing, 0.8m, 0.08m, 4m),
        Model("anthropic", "claude-3-opus", 200_000, 4_096, Seeing, 15m, 1.5m, 75m),
        Model("anthropic", "claude-3-sonnet", 200_000, 4_096, Seeing, 3m, 0.3m, 15m),
        Model("anthropic", "claude-3-haiku", 200_000, 4_096, Seeing, 0.25m, 0.03m, 1.25m),

        // See https://ai.google.dev/gemini-api/docs/models, /pricing
        Model("gemini", "gemini", 1_048_576, 8_192, Seeing),
        Model("gemini", "gemini-3-pro", 1_048_576, 65_536, Thinking, 2m, 0.2m, 12m),
        Model("gemini", "gemini-3.1-pro", 1_048_576, 65_536, Thinking, 2m, 0.2m, 12m),
        Model("gemini", "gemini-3.1-flash-lite", 1_048_576, 65_536, Thinking, 0.25m, 0.025m, 1.5m),
        Model("gemini", "gemini-3.5-flash", 1_048_576, 65_536, Thinking, 1.5m, 0.15m, 9m),
        Model("gemini", "gemini-3.5-flash-lite", 1_048_576, 65_536, Thinking, 0.3m, null, 2.5m),
        Model("gemini", "gemini-3.6-flash", 1_048_576, 65_536, Thinking, 1.5m, null, 7.5m),
        Model("gemini", "gemini-3.7-flash", 1_048_576, 65_536, Thinking, 0.75m, 0.075m, 3.75m),
        Model("gemini", "gemini-3.8-flash", 1_048_576, 65_536, Thinking, 0.75m, 0.075m, 3.75m),
        Model("gemini", "gemini-3-flash", 1_048_576, 65_536, Thinking, 0.5m, 0.05m, 3m),
        Model("gemini", "gemini-2.5-pro", 1_048_576, 65_536, Thinking, 1.25m, 0.125m, 10m),
        Model("gemini", "gemini-2.5-flash", 1_048_576, 65_536, Thinking, 0.3m, 0.03m, 2.5m),
        Model("gemini", "gemini-2.5-flash-lite", 1_048_576, 65_536, Thinking, 0.1m, 0.01m, 0.4m),
        Model("gemini", "gemini-2.0-flash", 1_048_576, 8_192, Seeing, 0.1m, 0.025m, 0.4m),
        Model("gemini", "gemini-2.0-flash-lite", 1_048_576, 8_192, Seeing, 0.075m, null, 0.3m),
        Model("gemini", "gemini-1.5-pro", 2_097_152, 8_192, Seeing, 1.25m, 0.3125m, 5m),
        Model("gemini", "gemini-1.5-flash", 1_048_576, 8_192, Seeing, 0.075m, 0.01875m, 0.3m),
        Model("gemini", "gemini-1.5-flash-8b", 1_048_576, 8_192, Seeing, 0.0375m, 0.01m, 0.15m),
        Vectors("gemini", "gemini-embedding-001", 2_048, 3_072, 0.15m),
        Vectors("gemini", "text-embedding-004", 2_048, 768, null),

        // See https://docs.mistral.ai/getting-started/models
        Model("mistral", "mistral-large", 262_144, 8_192, Seeing, 0.5m, null, 1.5m),
        Model("mistral", "mistral-large-24", 128_000, 8_192, Text, 2m, null, 6m),
        Model("mistral", "mistral-large-4", 1_048_576, 8_192, Thinking, 0.68m, 0.07m, 2.09m),
        Model("mistral", "mistral-medium", 262_144, 8_192, Thinking, 1.5m, null, 7.5m),
        Model("mistral", "mistral-medium-25", 131_072, 8_192, Seeing, 0.4m, null, 2m),
        Model("mistral", "mistral-medium-3-1", 131_072, 8_192, Seeing, 0.4m, null, 2m),
        Model("mistral", "mistral-small", 128_000, 8_192, Seeing, 0.1m, null, 0.3m),
        Model("mistral", "magistral-medium", 128_000, 40_000, Thinking, 2m, null, 5m),
        Model("mistral", "magistral-small", 128_000, 40_000, Thinking, 0.5m, null, 1.5m),
        Model("mistral", "codestral", 256_000, 8_192, Text, 0.3m, null, 0.9m),
        Model("mistral", "devstral", 256_000, 8_192, Text, 0.4m, null, 2m),
        Model("mistral", "devstral-small", 256_000, 8_192, Text, 0.1m, null, 0.3m),
        Model("mistral", "ministral-14b", 262_144, 8_192, Seeing, 0.2m, null, 0.2m),
        Model("mistral", "ministral-8b", 262_144, 8_192, Seeing, 0.15m, null, 0.15m),
        Model("mistral", "ministral-3b", 131_072, 8_192, Seeing, 0.1m, null, 0.1m),
        Vectors("mistral", "mistral-embed", 8_192, 1_024, 0.1m),
        Vectors("mistral", "codestral-embed", 8_192, 1_536, 0.15m),

        // Open models, of whichever provider lists them: their limits, no prices.
        Model(null, "llama3", 8_192, 4_096, Text),
        Model(null, "llama3.1", 128_000, 4_096, Text),
        Model(null, "llama3.2", 128_000, 4_096, Text),
        Model(null, "llama3.3", 128_000, 4_096, Text),
        Model(null, "llama-3", 8_192, 4_096, Text),
        Model(null, "llama-3.1", 128_000, 4_096, Text),
        Model(null, "llama-3.3", 128_000, 4_096, Text),
        Model(null, "qwen2.5", 32_768, 8_192, Text),
        Model(null, "qwen3", 40_960, 8_192, Text | Reasoning),
        Model(null, "gpt-oss", 131_072, 32_768, Text | Reasoning),
        Model(null, "deepseek-chat", 128_000, 8_192, Text),
        Model(null, "deepseek-reasoner", 128_000, 65_536, Text | Reasoning),
        Model(null, "deepseek-r1", 128_000, 32_768, Text | Reasoning),
        Vectors(null, "nomic-embed-text", 2_048, 768, null),
        Vectors(null, "mxbai-embed-large", 512, 1_024, null),
        Vectors(null, "all-minilm", 256, 384, null),
        Vectors(null, "bge-m3", 8_192, 1_024, null),
    ];

    private static ModelInfo Model(
        string? provider, string name, int context, int output, ModelCapabilities can, decimal? input = null, decimal? cached = null, decimal? answer = null) => new()
    {
        Name = name,
        Provider = provider,
        ContextTokens = context,
        OutputTokens = output,
        Capabilities = can,
        InputPrice = input,
        CachedInputPrice = cached,
        OutputPrice = answer,
    };

    private static ModelInfo Vectors(string? provider, string name, int context, int dimensions, decimal? price) => new()
    {
        Name = name,
        Provider = provider,
        ContextTokens = context,
        OutputTokens = 0,
        SafetyTokens = 0,
        Capabilities = Embeddings,
        InputPrice = price,
        Dimensions = dimensions,
    };
}
