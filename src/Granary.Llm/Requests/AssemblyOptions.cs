namespace Granary.Llm.Requests;

/// <summary>How prompts are put together.</summary>
public sealed record AssemblyOptions
{
    /// <summary>How long a prompt waits for the session's compaction, which may ask a model. Then it goes on without, if need be with an extract.</summary>
    public TimeSpan CompactionWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the provider has to count a prompt. Then the estimate holds.</summary>
    public TimeSpan CountWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The share of the budget from which on the provider is asked to count, above 0 up to 1.</summary>
    public double CountFrom { get; init; } = 0.9;

    /// <summary>The share of the budget that recalled texts may take at most, 0 to 1.</summary>
    public double RecallShare { get; init; } = 0.125;

    /// <summary>Tokens that recalled texts may take at most, whatever the budget.</summary>
    public int RecallTokens { get; init; } = 2_048;

    /// <summary>The share of the budget that one result of a tool may take where not all fits, above 0 up to 1.</summary>
    public double ToolResultShare { get; init; } = 0.25;

    /// <summary>Tokens of the extract that stands for messages left out.</summary>
    public int ExtractTokens { get; init; } = 500;
}
