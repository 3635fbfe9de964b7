namespace Granary.Core.Reflection;

/// <summary>What a user's memory knows that is nearest to a text.</summary>
internal sealed class Neighbours
{
    private readonly List<(MemoryRecord Record, HashSet<string> Words)> _known;

    private Neighbours(IEnumerable<MemoryRecord> known) => _known = [.. known.Select(record => (record, WordsOf(record.Content)))];

    /// <summary>Nothing is known.</summary>
    public static Neighbours None { get; } = new([]);

    /// <summary>Asks a user's memory for its insights and facts, the youngest of them.</summary>
    public static async Task<Neighbours> AskAsync(IUserMemory user, string agent, CancellationToken cancellationToken)
    {
        var query = new MemoryQuery
        {
            Filter = new MemoryFilter { AgentId = agent, Kinds = [MemoryKind.Insight, MemoryKind.Fact] },
            Limit = MemoryLimits.MaxPage,
        };
        return new Neighbours((await user.ListMemoriesAsync(query, cancellationToken).ConfigureAwait(false)).Memories);
    }

    /// <summary>Those that share the most words with a text, the nearest first; those that share none are left out.</summary>
    public IReadOnlyList<MemoryRecord> Of(string text, int count)
    {
        var words = WordsOf(text);
        return
        [
            .. _known.Select(known => (known.Record, Score: Score(words, known.Words)))
                .Where(known => known.Score > 0)
                .OrderByDescending(known => known.Score).ThenByDescending(known => known.Record.UpdatedAt)
                .Take(count)
                .Select(known => known.Record),
        ];
    }

    private static double Score(HashSet<string> text, HashSet<string> known)
    {
        var shared = known.Count(text.Contains);
        return shared == 0 ? 0 : shared / Math.Sqrt((double)text.Count * known.Count);
    }

    private static HashSet<string> WordsOf(string text)
    {
        var words = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var start = -1;
        for (var at = 0; at <= text.Length; at++)
        {
            if (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '\''))
            {
                start = start < 0 ? at : start;
            }
            else if (start >= 0)
            {
                words.Add(text[start..at]);
                start = -1;
            }
        }

        return words;
    }
}
