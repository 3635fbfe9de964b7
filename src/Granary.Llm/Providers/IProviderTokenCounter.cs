namespace Granary.Llm.Providers;

/// <summary>Counts the tokens of a prompt where it will be paid for.</summary>
public interface IProviderTokenCounter
{
    /// <summary>
    /// Tokens of a prompt, by the provider's own counting where it has one (Anthropic, Gemini) and answers within 5 seconds, otherwise estimated.
    /// Never fails for a provider's sake.
    /// </summary>
    /// <param name="request">The prompt.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<PromptTokens> CountAsync(ChatRequest request, CancellationToken cancellationToken = default);
}

/// <summary>The tokens of a prompt.</summary>
/// <param name="Count">How many.</param>
/// <param name="IsExact">Whether the provider counted them; otherwise they are an estimate.</param>
public readonly record struct PromptTokens(int Count, bool IsExact);
