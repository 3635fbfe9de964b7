using Granary.Llm.Providers;

namespace Granary.Llm.Audit;

/// <summary>What tokens cost, by the prices of the catalogue.</summary>
/// <param name="catalogue">The prices. It finds a model by the longest of its names that the model's begins with.</param>
public sealed class TokenUsageCalculator(IModelCatalogue catalogue)
{
    private const decimal TokensPerPrice = 1_000_000m;

    /// <summary>The cost of a call in US dollars; null where a price that it needs is not known. Nothing is ever made up.</summary>
    /// <param name="model">The model's name, with or without <c>provider/</c> before it.</param>
    /// <param name="usage">What the provider reported; null gives null.</param>
    /// <param name="share">The share of the price that is paid: 0.5 in the batch modes of OpenAI, Anthropic and Gemini.</param>
    /// <remarks>
    /// Tokens written to a provider's cache cost what other input does: the surcharge that some providers take is not in the catalogue.
    /// </remarks>
    public decimal? Cost(string model, ChatUsage? usage, decimal share = 1m)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (usage is null)
        {
            return null;
        }

        var info = catalogue.Find(model[(model.IndexOf('/') + 1)..]);
        var cached = Math.Clamp(usage.CachedInputTokens, 0, Math.Max(0, usage.InputTokens));
        return (Price(usage.InputTokens - cached, info.InputPrice) + Price(cached, info.CachedInputPrice ?? info.InputPrice) + Price(usage.OutputTokens, info.OutputPrice)) * share;
    }

    private static decimal? Price(int tokens, decimal? price) => tokens <= 0 ? 0m : tokens * price / TokensPerPrice;
}
