namespace Granary.Llm.Requests;

/// <summary>Finds what is known that may help to answer.</summary>
public interface IRecallSource
{
    /// <summary>Finds texts, the most fitting first. If it throws, the prompt goes without.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    ValueTask<IReadOnlyList<RecalledText>> RecallAsync(RecallQuery query, CancellationToken cancellationToken = default);
}

/// <summary>What to recall.</summary>
/// <param name="Session">The session that asks: its own messages that are in the prompt need not be found.</param>
/// <param name="Text">The newest words of the user.</param>
/// <param name="MaxTokens">Tokens that all texts together may have.</param>
/// <param name="Agent">The agent that asks, for a session that is not there yet; null for the default one.</param>
public sealed record RecallQuery(SessionKey Session, string Text, int MaxTokens, string? Agent = null);

/// <summary>A text that was recalled.</summary>
/// <param name="Text">The text.</param>
/// <param name="Source">Where it is from, in words that the model may name: a session and sequence, a document, a fact.</param>
public sealed record RecalledText(string Text, string? Source = null);
