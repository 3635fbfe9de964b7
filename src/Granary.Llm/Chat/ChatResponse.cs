namespace Granary.Llm;

/// <summary>A model's answer, in no provider's dialect.</summary>
public sealed record ChatResponse
{
    /// <summary>The provider's id of the answer; made here where it gives none.</summary>
    public required string Id { get; init; }

    /// <summary>The model that answered, as the provider says.</summary>
    public required string Model { get; init; }

    /// <summary>The text; empty where there are only tool calls.</summary>
    public string Content { get; init; } = "";

    /// <summary>What the model says of its reasoning, if anything.</summary>
    public string? Reasoning { get; init; }

    /// <summary>What the provider signed of its reasoning; null if nothing.</summary>
    public SignedThoughts? Thoughts { get; init; }

    /// <summary>The tools that it calls, in order.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Why it ended; <see cref="ChatFinish.Unknown"/> where the source broke off.</summary>
    public ChatFinish Finish { get; init; }

    /// <summary>What it cost in tokens; null where the provider did not say.</summary>
    public ChatUsage? Usage { get; init; }

    /// <summary>Why the answer is not whole, or null.</summary>
    public string? Error { get; init; }
}

/// <summary>Why an answer ended.</summary>
public enum ChatFinish
{
    /// <summary>Nobody said.</summary>
    Unknown,

    /// <summary>The model was done, or met a stop text.</summary>
    Stop,

    /// <summary>It waits for the results of tools.</summary>
    ToolCalls,

    /// <summary>The limit of tokens was reached.</summary>
    Length,

    /// <summary>The provider's filter, or the model itself, refused.</summary>
    ContentFilter,
}

/// <summary>Tokens that a call took, as the provider reports them.</summary>
/// <param name="InputTokens">All of the prompt, those from a cache included.</param>
/// <param name="OutputTokens">All of the answer, reasoning included.</param>
/// <param name="CachedInputTokens">Of the prompt, those read from the provider's cache.</param>
/// <param name="CacheWriteTokens">Of the prompt, those written to the provider's cache.</param>
/// <param name="ReasoningTokens">Of the answer, those of reasoning.</param>
/// <param name="ReportedTotalTokens">The provider's own total where it is more than prompt and answer together; else 0.</param>
public sealed record ChatUsage(
    int InputTokens, int OutputTokens, int CachedInputTokens = 0, int CacheWriteTokens = 0, int ReasoningTokens = 0, int ReportedTotalTokens = 0)
{
    /// <summary>Prompt and answer, or what the provider says if that is more.</summary>
    public int TotalTokens => (int)Math.Min(Math.Max((long)InputTokens + OutputTokens, ReportedTotalTokens), int.MaxValue);
}
