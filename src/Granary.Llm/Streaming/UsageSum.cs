namespace Granary.Llm.Streaming;

/// <summary>Adds what several answers took. Providers' figures are taken on trust one by one: a sum too large to be one stays at the greatest figure.</summary>
internal static class UsageSum
{
    /// <summary>Both together; null where nobody said anything.</summary>
    public static ChatUsage? Of(ChatUsage? one, ChatUsage? other) => one is null || other is null
        ? one ?? other
        : new ChatUsage(
            Of(one.InputTokens, other.InputTokens),
            Of(one.OutputTokens, other.OutputTokens),
            Of(one.CachedInputTokens, other.CachedInputTokens),
            Of(one.CacheWriteTokens, other.CacheWriteTokens),
            Of(one.ReasoningTokens, other.ReasoningTokens),
            Of(one.TotalTokens, other.TotalTokens));

    /// <summary>Two counts together, no more than a count can be.</summary>
    public static int Of(int one, int other) => (int)Math.Clamp((long)one + other, int.MinValue, int.MaxValue);
}
