using Granary.Core.Transcripts;

namespace Granary.Core.Compaction;

/// <summary>Summarizes a window of any size with a summarizer that takes only so much at once.</summary>
internal static class WindowSummarizer
{
    /// <summary>The least that a part's summary may have: below that nothing can be said.</summary>
    private const int MinPartTokens = 32;

    /// <summary>
    /// Summarizes the window in one piece if it fits the summarizer, otherwise in parts of whole blocks whose summaries are joined and,
    /// if they are longer than <paramref name="maxTokens"/> together, shortened by extraction.
    /// </summary>
    /// <exception cref="Exception">Whatever the summarizer throws.</exception>
    public static async ValueTask<Summary> SummarizeAsync(
        ISummarizer summarizer,
        IReadOnlyList<TranscriptEntry> window,
        Snapshot previous,
        int maxTokens,
        string? model,
        CancellationToken cancellationToken)
    {
        var parts = Parts(window, summarizer.MaxInputTokens);
        if (parts.Count == 1)
        {
            return await summarizer.SummarizeAsync(new(parts[0], previous, maxTokens, model), cancellationToken).ConfigureAwait(false);
        }

        // One after the other: a summarizer's provider has its own limits, and a compaction is never in a hurry.
        var summaries = new List<Summary>(parts.Count);
        foreach (var part in parts)
        {
            var share = Math.Min(maxTokens, Math.Max(MinPartTokens, maxTokens / parts.Count));
            summaries.Add(await summarizer.SummarizeAsync(new(part, previous, share, model), cancellationToken).ConfigureAwait(false));
        }

        return Reduce(summaries, maxTokens, model);
    }

    private static List<IReadOnlyList<Message>> Parts(IReadOnlyList<TranscriptEntry> window, int maxTokens)
    {
        long tokens = 0;
        foreach (var entry in window)
        {
            tokens += entry.Tokens;
        }

        if (tokens <= maxTokens)
        {
            return [[.. window.Select(entry => entry.Message)]];
        }

        var parts = new List<IReadOnlyList<Message>>();
        var part = new List<Message>();
        tokens = 0;
        foreach (var block in TranscriptBlocks.Of(window))
        {
            if (part.Count > 0 && tokens + block.Tokens > maxTokens)
            {
                parts.Add(part);
                part = [];
                tokens = 0;
            }

            tokens += block.Tokens;
            for (var index = block.First; index <= block.Last; index++)
            {
                if (block.Holds(window, index))
                {
                    part.Add(window[index].Message);
                }
            }
        }

        parts.Add(part);
        return parts;
    }

    private static Summary Reduce(List<Summary> summaries, int maxTokens, string? model)
    {
        var episode = string.Join('\n', summaries.Select(summary => summary.Episode.Trim()).Where(text => text.Length > 0));
        var topics = TopicRanking.Merge(summaries.Select(summary => summary.Topics));
        return new(
            ExtractiveText.Shorten(episode, maxTokens, counter: null, model),
            [.. summaries.SelectMany(summary => summary.Facts)],
            topics,
            summaries.Find(summary => summary.Fallback is not null)?.Fallback);
    }
}
