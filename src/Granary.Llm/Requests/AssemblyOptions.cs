namespace Granary.Llm.Requests;

/// <summary>How prompts are put together (<c>Granary:Assembly</c>).</summary>
public sealed record AssemblyOptions
{
    /// <summary>How long a prompt waits for the session's compaction, which may ask a model, up to 10 minutes. Then it goes on without, if need be with an extract.</summary>
    public TimeSpan CompactionWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the provider has to count a prompt, up to 10 minutes. Then the estimate holds.</summary>
    public TimeSpan CountWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a prompt waits for what is recalled, up to 10 minutes. Then it goes without.</summary>
    public TimeSpan RecallWait { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>The share of the budget from which on the provider is asked to count, above 0 up to 1.</summary>
    public double CountFrom { get; init; } = 0.9;

    /// <summary>The share of the budget that recalled texts may take at most, 0 to 1.</summary>
    public double RecallShare { get; init; } = 0.125;

    /// <summary>Tokens that recalled texts may take at most, whatever the budget; 0 or more.</summary>
    public int RecallTokens { get; init; } = 2_048;

    /// <summary>The share of the budget that one result of a tool may take where not all fits, above 0 up to 1.</summary>
    public double ToolResultShare { get; init; } = 0.25;

    /// <summary>Tokens of the extract that stands for messages left out, 1 or more.</summary>
    public int ExtractTokens { get; init; } = 500;

    /// <summary>What is wrong with the settings, each with its name and its range.</summary>
    internal IEnumerable<string> Validate(string path)
    {
        foreach (var (name, wait) in new[] { (nameof(CompactionWait), CompactionWait), (nameof(CountWait), CountWait), (nameof(RecallWait), RecallWait) })
        {
            if (wait <= TimeSpan.Zero || wait > TimeSpan.FromMinutes(10))
            {
                yield return $"{path}:{name} must be above 00:00:00, up to 00:10:00.";
            }
        }

        foreach (var (name, share) in new[] { (nameof(CountFrom), CountFrom), (nameof(ToolResultShare), ToolResultShare) })
        {
            if (!(share is > 0 and <= 1))
            {
                yield return $"{path}:{name} must be above 0, up to 1.";
            }
        }

        if (!(RecallShare is >= 0 and <= 1))
        {
            yield return $"{path}:{nameof(RecallShare)} must be 0 to 1.";
        }

        if (RecallTokens < 0)
        {
            yield return $"{path}:{nameof(RecallTokens)} must be 0 or more.";
        }

        if (ExtractTokens < 1)
        {
            yield return $"{path}:{nameof(ExtractTokens)} must be 1 or more.";
        }
    }
}
