namespace Granary.Core.Reflection;

/// <summary>What a user's memory knows that is nearest to a text.</summary>
internal sealed class Neighbours
{
    /// <summary>Characters of a text that recall is asked with at the most.</summary>
    private const int MaxQuery = 2_000;

    private readonly IUserMemory? _user;
    private readonly MemoryFilter _filter;
    private readonly List<(MemoryRecord Record, HashSet<string> Words)> _known;
    private bool _byWordsAlone;

    private Neighbours(IUserMemory? user, MemoryFilter filter, IEnumerable<MemoryRecord> known)
    {
        (_user, _filter) = (user, filter);
        _known = [.. known.Select(record => (record, WordsOf(record.Content)))];
    }

    /// <summary>Nothing is known.</summary>
    public static Neighbours None { get; } = new(null, new MemoryFilter(), []);

    /// <summary>Asks a user's memory for its insights and facts, the youngest of them.</summary>
    public static async Task<Neighbours> AskAsync(IUserMemory user, string agent, CancellationToken cancellationToken)
    {
        var filter = new MemoryFilter { AgentId = agent, Kinds = [MemoryKind.Insight, MemoryKind.Fact] };
        var query = new MemoryQuery { Filter = filter, Limit = MemoryLimits.MaxPage };
        return new Neighbours(user, filter, (await user.ListMemoriesAsync(query, cancellationToken).ConfigureAwait(false)).Memories);
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

    /// <summary>Those that are nearest to a text by words and by meaning; by words alone where the user's memory does not recall by vectors.</summary>
    public async Task<IReadOnlyList<MemoryRecord>> NearAsync(string text, int count, CancellationToken cancellationToken)
    {
        var byWords = Of(text, count);
        if (_user is null || _byWordsAlone || _known.Count == 0)
        {
            return byWords;
        }

        var request = new RecallRequest { Query = text.Length <= MaxQuery ? text : text[..MaxQuery], Filter = _filter, Turns = false, Limit = count };
        var found = await _user.RecallAsync(request, cancellationToken).ConfigureAwait(false);
        _byWordsAlone = found.Mode != RecallMode.Hybrid;
        return _byWordsAlone
            ? byWords
            : [.. found.Hits.Select(hit => hit.Record).OfType<MemoryRecord>().Concat(byWords).DistinctBy(record => record.Id).Take(count)];
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
