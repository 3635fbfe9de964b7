using System.Globalization;
using System.Text;
using Granary.Core.Compaction.Extraction;

namespace Granary.Core.Reflection;

/// <summary>Makes one text of many insights without a model: lists them in order, word for word.</summary>
public sealed class DeterministicProfiler : IProfiler
{
    /// <summary>The longest text in words (memory service, long-term synthesis).</summary>
    public const int MaxWords = 250;

    private const int MaxPatternWords = 60;

    /// <inheritdoc/>
    public ValueTask<SynthesizedText> FindPatternAsync(IReadOnlyList<MemoryRecord> insights, string? category, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(insights);
        var topics = TopicExtraction.Of(TextAnalysis.Of([.. insights.SelectMany(record => EpisodeText.Read(record.Content))]));
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{insights.Count} insights"));
        text.Append(category is null ? "" : $" ({category})").Append(topics.Count == 0 ? "" : $" about {string.Join(", ", topics)}").Append(':');
        var left = MaxPatternWords;
        foreach (var record in insights)
        {
            left -= Words(record.Content);
            if (left < 0)
            {
                break;
            }

            text.Append(' ').Append(OneLine(record.Content));
        }

        return new(new SynthesizedText(text.ToString(), insights.Average(record => record.Confidence), Deterministic: true));
    }

    /// <inheritdoc/>
    public ValueTask<SynthesizedText> WriteProfileAsync(IReadOnlyList<MemoryRecord> memories, string? previous, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(memories);
        var left = MaxWords;
        var groups = new List<(string Title, List<string> Lines)>();
        foreach (var record in memories.OrderByDescending(record => record.Importance).ThenByDescending(record => record.EventTime ?? record.CreatedAt))
        {
            var title = record.Category?.Replace('_', ' ') ?? "facts";
            var at = groups.FindIndex(group => group.Title == title);
            var line = OneLine(record.Content);
            var words = Words(line) + (at < 0 ? Words(title) : 0);
            if (words > left)
            {
                continue;
            }

            left -= words;
            if (at < 0)
            {
                groups.Add((title, [line]));
            }
            else
            {
                groups[at].Lines.Add(line);
            }
        }

        var text = string.Join('\n', groups.Select(group => $"{char.ToUpperInvariant(group.Title[0])}{group.Title[1..]}: {string.Join(' ', group.Lines)}"));
        return new(new SynthesizedText(text, memories.Count == 0 ? 0 : memories.Average(record => record.Confidence), Deterministic: true));
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
