using System.Globalization;

namespace Granary.Llm.Requests;

/// <summary>Cuts the middle out of a tool's result.</summary>
internal static class ToolResultCut
{
    /// <summary>Fewer characters than this say nothing.</summary>
    private const int MinCharacters = 40;

    /// <summary>The share of what is kept that comes from the beginning.</summary>
    private const double HeadShare = 0.7;

    /// <summary>The message with as much of its text as fits, and a marker that says how much is missing.</summary>
    /// <param name="item">The message.</param>
    /// <param name="maxTokens">What it may have.</param>
    /// <param name="count">Counts a message.</param>
    /// <returns>The message and how many characters are gone; the message as it is if it fits or nothing sensible would be left.</returns>
    public static (DraftItem Item, int Characters) Of(DraftItem item, int maxTokens, Func<ModelMessage, DraftItem> count)
    {
        var content = item.Message.Content;
        var kept = (int)Math.Min(content.Length, (long)content.Length * maxTokens / Math.Max(1, item.Tokens));
        while (item.Tokens > maxTokens && kept >= MinCharacters)
        {
            var (text, gone) = Cut(content, kept);
            var cut = count(item.Message with { Content = text });
            if (cut.Tokens <= maxTokens)
            {
                return (cut, gone);
            }

            kept = kept * 9 / 10;
        }

        return (item, 0);
    }

    private static (string Text, int Gone) Cut(string content, int kept)
    {
        var head = (int)(kept * HeadShare);
        var tail = content.Length - (kept - head);

        // Not within a surrogate pair.
        head -= head > 0 && char.IsHighSurrogate(content[head - 1]) ? 1 : 0;
        tail += tail < content.Length && char.IsLowSurrogate(content[tail]) ? 1 : 0;
        var gone = tail - head;
        return (string.Create(CultureInfo.InvariantCulture, $"{content.AsSpan(0, head)}\n[... {gone} characters left out ...]\n{content.AsSpan(tail)}"), gone);
    }
}
