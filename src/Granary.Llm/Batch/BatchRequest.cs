namespace Granary.Llm.Batch;

/// <summary>A batch to be made.</summary>
public sealed record BatchRequest
{
    /// <summary>The tenant.</summary>
    public required string Tenant { get; init; }

    /// <summary>The user, or null for a batch of the tenant's own.</summary>
    public string? User { get; init; }

    /// <summary>The agent, for the audit.</summary>
    public string Agent { get; init; } = Ids.DefaultAgent;

    /// <summary>1 to 255 visible ASCII characters: makes the creation safe to repeat. The same key of the same user is the same batch while that is kept.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The model of all lines.</summary>
    public required string Model { get; init; }

    /// <summary>Defaults for what follows.</summary>
    public BatchPreset Preset { get; init; }

    /// <summary>Lines in a part: what a provider's batch holds at the most, 1 to 1000; null: the preset's.</summary>
    public int? BatchSize { get; init; }

    /// <summary>
    /// After how many seconds, 1 to 604800, what is not answered fails as <c>timed_out</c>; null: the preset's, or 25 hours where a provider's batch
    /// API does it, which promises 24.
    /// </summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>1 to 5, 1 is done first; null: the preset's.</summary>
    public int? Priority { get; init; }

    /// <summary>How often a provider that cannot be asked is tried again before the batch fails, 0 to 20.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Names of registered functions that the model may call; they run between the rounds of the batch.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>How often the model is asked for one line at the most, 1 to 20; above 1 only with tools.</summary>
    public int MaxIterations { get; init; } = 5;

    /// <summary>Whether providers' batch APIs may be used.</summary>
    public bool UseProviderBatches { get; init; } = true;
}

/// <summary>A line of a batch.</summary>
/// <param name="CustomId">The caller's id for it, 1 to 128 visible ASCII characters; null: <c>{batch}_{index}</c>.</param>
/// <param name="Request">What the model is asked.</param>
public sealed record BatchInput(string? CustomId, ChatRequest Request);
