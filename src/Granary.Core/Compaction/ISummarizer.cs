namespace Granary.Core.Compaction;

/// <summary>Puts a stretch of conversation in words: extractive by default, or backed by a model. Runs outside every actor; may take its time.</summary>
public interface ISummarizer
{
    /// <summary>How many tokens of messages it takes at once; a larger window is summarized in parts.</summary>
    int MaxInputTokens { get; }

    /// <summary>Summarizes.</summary>
    /// <exception cref="Exception">Any: the compaction fails, nothing changes, and it is tried again later.</exception>
    ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default);
}

/// <summary>What to summarize.</summary>
/// <param name="Messages">The messages, oldest first, already redacted.</param>
/// <param name="Previous">What had been folded before.</param>
/// <param name="MaxTokens">Tokens that the episode may have.</param>
/// <param name="Model">The model whose tokens count, or null.</param>
public sealed record SummaryRequest(IReadOnlyList<Message> Messages, Snapshot Previous, int MaxTokens, string? Model);

/// <summary>A summary.</summary>
/// <param name="Episode">What happened; never empty for messages that have text.</param>
/// <param name="Facts">Facts of lasting worth.</param>
/// <param name="Topics">At most 5 words or names that it is about, the most telling first.</param>
/// <param name="Fallback">Why extraction made it although a model was to make it, or null.</param>
public sealed record Summary(string Episode, IReadOnlyList<SemanticFact> Facts, IReadOnlyList<string> Topics, string? Fallback = null);
