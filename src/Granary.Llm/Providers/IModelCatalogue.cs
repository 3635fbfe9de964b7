namespace Granary.Llm.Providers;

/// <summary>Knows models and which provider has them.</summary>
public interface IModelCatalogue
{
    /// <summary>What is known of a model: of its name without the provider, the longest name of the catalogue that it begins with; never null.</summary>
    ModelInfo Find(string model);

    /// <summary>The models that callers can name.</summary>
    IReadOnlyList<ModelInfo> Models { get; }
}

/// <summary>Which provider answers for a model's name.</summary>
public interface IProviderRouter
{
    /// <summary>
    /// The providers for a model, the first choice first, the others to fall back to: <c>gpt-*</c> and <c>o*</c> OpenAI, <c>claude-*</c> Anthropic,
    /// <c>gemini-*</c> Gemini, else what the catalogue says, or <c>provider/model</c>.
    /// </summary>
    /// <exception cref="ProviderException">No provider has it (status 404).</exception>
    IReadOnlyList<ProviderRoute> Route(string model);

    /// <summary>The providers that are configured.</summary>
    IReadOnlyList<IChatProvider> Providers { get; }
}

/// <summary>A provider for a model.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model's name there.</param>
/// <param name="Info">What is known of it.</param>
public sealed record ProviderRoute(IChatProvider Provider, string Model, ModelInfo Info);

/// <summary>What is known of a model.</summary>
public sealed record ModelInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The provider's name; null where only the name's beginning tells.</summary>
    public string? Provider { get; init; }

    /// <summary>Tokens of its context window.</summary>
    public int ContextTokens { get; init; } = 128_000;

    /// <summary>Tokens that an answer may have.</summary>
    public int OutputTokens { get; init; } = 4_096;

    /// <summary>The share of the input budget at which compaction is due, above 0 up to 1.</summary>
    public double CompactionRatio { get; init; } = 0.8;

    /// <summary>Tokens kept free because counts are estimates.</summary>
    public int SafetyTokens { get; init; } = 256;

    /// <summary>US dollars for a million tokens of prompt; null if unknown.</summary>
    public decimal? InputPrice { get; init; }

    /// <summary>US dollars for a million tokens of prompt read from the provider's cache; null: as <see cref="InputPrice"/>.</summary>
    public decimal? CachedInputPrice { get; init; }

    /// <summary>US dollars for a million tokens of answer; null if unknown.</summary>
    public decimal? OutputPrice { get; init; }

    /// <summary>What it can do.</summary>
    public ModelCapabilities Capabilities { get; init; } = ModelCapabilities.Chat | ModelCapabilities.Tools | ModelCapabilities.Json;

    /// <summary>Numbers in a vector, for a model of embeddings.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Tokens that a prompt may have: context less output less safety, never below 0.</summary>
    public int InputBudget(int? outputTokens = null) => Math.Max(0, ContextTokens - (outputTokens ?? OutputTokens) - SafetyTokens);
}

/// <summary>What a model can do.</summary>
[Flags]
public enum ModelCapabilities
{
    /// <summary>Nothing that is known.</summary>
    None = 0,

    /// <summary>Chats.</summary>
    Chat = 1,

    /// <summary>Calls of tools.</summary>
    Tools = 2,

    /// <summary>Pictures in the prompt.</summary>
    Images = 4,

    /// <summary>Answers that follow a JSON Schema.</summary>
    Json = 8,

    /// <summary>Reasoning before the answer.</summary>
    Reasoning = 16,

    /// <summary>Vectors of texts.</summary>
    Embeddings = 32,

    /// <summary>Takes <c>max_completion_tokens</c> and neither temperature nor top_p (OpenAI's reasoning models).</summary>
    FixedSampling = 64,
}
