namespace Granary;

/// <summary>How much of its token budget a session's context takes. All numbers are tokens, estimated unless a provider reported them.</summary>
/// <param name="Used">Tokens of the context.</param>
/// <param name="System">Of those, system messages.</param>
/// <param name="Snapshot">Of those, the snapshot: summaries and facts.</param>
/// <param name="Recent">Of those, the turns that are not folded.</param>
/// <param name="MaxTokens">The input budget: context window less output and safety margin.</param>
public sealed record TokenUsage(int Used, int System, int Snapshot, int Recent, int MaxTokens)
{
    /// <summary>The share of the budget above which <see cref="NearLimit"/> is set.</summary>
    public const double NearLimitShare = 0.85;

    /// <summary><see cref="Used"/> in percent of <see cref="MaxTokens"/>.</summary>
    public double UsagePercentage => MaxTokens == 0 ? 100 : Math.Round(100.0 * Used / MaxTokens, 2);

    /// <summary>Whether 85 % of the budget or more is used.</summary>
    public bool NearLimit => Used >= NearLimitShare * MaxTokens;
}
