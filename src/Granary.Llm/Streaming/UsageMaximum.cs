namespace Granary.Llm.Streaming;

/// <summary>Merges what a stream says of its usage in several places: providers repeat and correct totals, they never send differences.</summary>
internal static class UsageMaximum
{
    /// <summary>The greater of each figure; null where nobody said anything.</summary>
    public static ChatUsage? Of(ChatUsage? one, ChatUsage? other) => (one, other) switch
    {
        (null, _) => other,
        (_, null) => one,
        _ => new ChatUsage(
            Math.Max(one.InputTokens, other.InputTokens),
            Math.Max(one.OutputTokens, other.OutputTokens),
            Math.Max(one.CachedInputTokens, other.CachedInputTokens),
            Math.Max(one.CacheWriteTokens, other.CacheWriteTokens),
            Math.Max(one.ReasoningTokens, other.ReasoningTokens),
            Math.Max(one.ReportedTotalTokens, other.ReportedTotalTokens)),
    };
}
