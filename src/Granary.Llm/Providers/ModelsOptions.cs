namespace Granary.Llm.Providers;

/// <summary>Settings of models: those that the engine uses itself, and what is known of any (<c>Granary:Models</c>).</summary>
public sealed class ModelsOptions
{
    /// <summary>The model that summarizes; null: summaries are made by extraction.</summary>
    public string? Summarizer { get; set; }

    /// <summary>Tokens of messages that it takes at once, 1,000 or more; less where its context is smaller.</summary>
    public int SummarizerInputTokens { get; set; } = 32_000;

    /// <summary>Seconds that a summary may take, repeats included, before extraction makes it; 1 to 3,600.</summary>
    public double SummarizerTimeoutSeconds { get; set; } = 120;

    /// <summary>The model that reflects on sessions, reconciles what it finds and writes profiles; null: the summarizer, and without that none.</summary>
    public string? Reflector { get; set; }

    /// <summary>Seconds that each of these may take, repeats included, before it is done without a model; 1 to 3,600.</summary>
    public double ReflectorTimeoutSeconds { get; set; } = 60;

    /// <summary>The model that makes vectors; null: there are none, and recall goes by words.</summary>
    public string? Embedder { get; set; }

    /// <summary>Numbers in a vector; by default what the catalogue says of the model. Required for a model that it does not know.</summary>
    public int? EmbedderDimensions { get; set; }

    /// <summary>Texts in one call of the embedder's provider, 1 to 2,048; Gemini takes 100.</summary>
    public int EmbedderBatchTexts { get; set; } = 100;

    /// <summary>Tokens in one call of the embedder's provider, 1,000 or more.</summary>
    public int EmbedderBatchTokens { get; set; } = 100_000;

    /// <summary>Mebibytes of vectors that are kept so that equal texts are not sent again; 0 to 4,096.</summary>
    public int EmbedderCacheMegabytes { get; set; } = 32;

    /// <summary>What is known of models, besides and instead of what is built in.</summary>
    public IList<ModelSettings> Catalogue { get; set; } = [];

    /// <summary>What is wrong, each with the setting's name and the fix.</summary>
    /// <param name="path">The section.</param>
    internal IEnumerable<string> Validate(string path)
    {
        if (SummarizerInputTokens < 1_000)
        {
            yield return $"{path}:SummarizerInputTokens must be 1000 or more.";
        }

        if (SummarizerTimeoutSeconds is not (>= 1 and <= 3_600))
        {
            yield return $"{path}:SummarizerTimeoutSeconds must be 1 to 3600.";
        }

        if (ReflectorTimeoutSeconds is not (>= 1 and <= 3_600))
        {
            yield return $"{path}:ReflectorTimeoutSeconds must be 1 to 3600.";
        }

        if (EmbedderDimensions is < 1 or > 65_536)
        {
            yield return $"{path}:EmbedderDimensions must be 1 to 65536.";
        }

        if (EmbedderBatchTexts is < 1 or > 2_048)
        {
            yield return $"{path}:EmbedderBatchTexts must be 1 to 2048.";
        }

        if (EmbedderBatchTokens < 1_000)
        {
            yield return $"{path}:EmbedderBatchTokens must be 1000 or more.";
        }

        if (EmbedderCacheMegabytes is < 0 or > 4_096)
        {
            yield return $"{path}:EmbedderCacheMegabytes must be 0 to 4096.";
        }

        foreach (var failure in Catalogue.SelectMany((model, index) => model.Validate($"{path}:Catalogue:{index}")))
        {
            yield return failure;
        }

        foreach (var twice in Catalogue.GroupBy(model => model.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            yield return $"{path}:Catalogue has '{twice.Key}' {twice.Count()} times; remove all but one.";
        }
    }
}

/// <summary>What is known of a model; what is not set stays as the catalogue has it for the longest name that this one begins with.</summary>
public sealed class ModelSettings
{
    /// <summary>The model's name, or how names begin.</summary>
    public string? Name { get; set; }

    /// <summary>The provider's name.</summary>
    public string? Provider { get; set; }

    /// <summary>Tokens of its context window, 1 or more.</summary>
    public int? ContextTokens { get; set; }

    /// <summary>Tokens that an answer may have, 0 or more.</summary>
    public int? OutputTokens { get; set; }

    /// <summary>The share of the input budget at which compaction is due, above 0 up to 1.</summary>
    public double? CompactionRatio { get; set; }

    /// <summary>Tokens kept free because counts are estimates, 0 or more.</summary>
    public int? SafetyTokens { get; set; }

    /// <summary>US dollars for a million tokens of prompt, 0 or more.</summary>
    public decimal? InputPrice { get; set; }

    /// <summary>US dollars for a million tokens of prompt read from the provider's cache, 0 or more.</summary>
    public decimal? CachedInputPrice { get; set; }

    /// <summary>US dollars for a million tokens of answer, 0 or more.</summary>
    public decimal? OutputPrice { get; set; }

    /// <summary>What it can do, separated by commas.</summary>
    public ModelCapabilities? Capabilities { get; set; }

    /// <summary>Numbers in a vector, 1 or more, for a model of embeddings.</summary>
    public int? Dimensions { get; set; }

    internal IEnumerable<string> Validate(string path)
    {
        if (string.IsNullOrWhiteSpace(Name))
        {
            yield return $"{path}:Name is required: the model's name, or how names begin.";
        }

        foreach (var (name, value, least) in new (string, decimal?, int)[]
        {
            (nameof(ContextTokens), ContextTokens, 1), (nameof(OutputTokens), OutputTokens, 0), (nameof(SafetyTokens), SafetyTokens, 0),
            (nameof(InputPrice), InputPrice, 0), (nameof(CachedInputPrice), CachedInputPrice, 0), (nameof(OutputPrice), OutputPrice, 0),
            (nameof(Dimensions), Dimensions, 1),
        })
        {
            if (value < least)
            {
                yield return $"{path}:{name} must be {least} or more.";
            }
        }

        if (CompactionRatio is not (null or (> 0 and <= 1)))
        {
            yield return $"{path}:CompactionRatio must be above 0 and at most 1.";
        }
    }

    /// <summary>These settings over what was known.</summary>
    internal ModelInfo Over(ModelInfo known) => known with
    {
        Name = Name!,
        Provider = Provider?.ToLowerInvariant() ?? known.Provider,
        ContextTokens = ContextTokens ?? known.ContextTokens,
        OutputTokens = OutputTokens ?? known.OutputTokens,
        CompactionRatio = CompactionRatio ?? known.CompactionRatio,
        SafetyTokens = SafetyTokens ?? known.SafetyTokens,
        InputPrice = InputPrice ?? known.InputPrice,
        CachedInputPrice = CachedInputPrice ?? known.CachedInputPrice,
        OutputPrice = OutputPrice ?? known.OutputPrice,
        Capabilities = Capabilities ?? known.Capabilities,
        Dimensions = Dimensions ?? known.Dimensions,
    };
}
