using Granary.Core.Recall.Analysis;

namespace Granary.Core.Reflection;

/// <summary>
/// What a user's memory knows that is nearest to a text: first what answers the same question (where somebody lives), then what recall finds, by words and,
/// where it can, by meaning, and what shares the rarest words.
/// </summary>
internal sealed class Neighbours
{
    /// <summary>Characters of a text that recall is asked with at the most.</summary>
    private const int MaxQuery = 2_000;

    private readonly IUserMemory? _user;
    private readonly MemoryFilter _filter;
    private readonly List<Known> _known;
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    private Neighbours(IUserMemory? user, MemoryFilter filter, IEnumerable<MemoryRecord> known)
    {
        (_user, _filter) = (user, filter);
        _known = [.. known.Select(record => new Known(record, WordsOf(record.Content), SlotOf(record.Content)))];
        foreach (var word in _known.SelectMany(record => record.Words))
        {
            _counts[word] = _counts.GetValueOrDefault(word) + 1;
        }
    }

    /// <summary>Nothing is known.</summary>
    public static Neighbours None { get; } = new(null, new MemoryFilter(), []);

    /// <summary>Asks a user's memory for its insights and facts, the youngest <see cref="MemoryLimits.MaxPage"/> of them.</summary>
    public static async Task<Neighbours> AskAsync(IUserMemory user, string agent, CancellationToken cancellationToken)
    {
        var filter = new MemoryFilter { AgentId = agent, Kinds = [MemoryKind.Insight, MemoryKind.Fact] };
        var query = new MemoryQuery { Filter = filter, Limit = MemoryLimits.MaxPage };
        return new Neighbours(user, filter, (await user.ListMemoriesAsync(query, cancellationToken).ConfigureAwait(false)).Memories);
    }

    /// <summary>
    /// Of the youngest, those that answer the same question, then those that share the most words with a text, a rare one counting more than one that
    /// everything has; those that share none are left out.
    /// </summary>
    public IReadOnlyList<MemoryRecord> Of(string text, int count)
    {
        var words = WordsOf(text);
        return
        [
            .. SameSlot(text).Concat(_known.Select(known => (known.Record, Score: Score(words, known.Words)))
                .Where(known => known.Score > 0)
                .OrderByDescending(known => known.Score).ThenByDescending(known => known.Record.UpdatedAt)
                .Select(known => known.Record))
                .DistinctBy(record => record.Id)
                .Take(count),
        ];
    }

    /// <summary>Those that are nearest to a text of all that is known.</summary>
    public async Task<IReadOnlyList<MemoryRecord>> NearAsync(string text, int count, CancellationToken cancellationToken)
    {
        var byWords = Of(text, count);
        if (_user is null || _known.Count == 0)
        {
            return byWords;
        }

        var request = new RecallRequest { Query = text.Length <= MaxQuery ? text : text[..MaxQuery], Filter = _filter, Turns = false, Limit = count };
        var found = (await _user.RecallAsync(request, cancellationToken).ConfigureAwait(false)).Hits.Select(hit => hit.Record).OfType<MemoryRecord>();
        return [.. SameSlot(text).Concat(InTurns(found, byWords)).DistinctBy(record => record.Id).Take(count)];
    }

    private IEnumerable<MemoryRecord> SameSlot(string text) =>
        SlotOf(text) is { } slot ? _known.Where(known => known.Slot == slot).Select(known => known.Record) : [];

    /// <summary>One of each in turn: neither takes all of the places.</summary>
    private static IEnumerable<MemoryRecord> InTurns(IEnumerable<MemoryRecord> some, IEnumerable<MemoryRecord> others) =>
        some.Select((record, place) => (record, place)).Concat(others.Select((record, place) => (record, place))).OrderBy(item => item.place).Select(item => item.record);

    private double Score(HashSet<string> text, HashSet<string> known)
    {
        var shared = known.Where(text.Contains).Sum(Weight);
        return shared == 0 ? 0 : shared / Math.Sqrt((double)text.Count * known.Count);
    }

    private double Weight(string word) => Math.Log(1 + ((double)_known.Count / _counts[word]));

    private static (string Speaker, string Slot)? SlotOf(string text) =>
        StatementReader.ReadSpoken(text) is ({ } speaker, { Slot: { } slot }) ? (speaker, slot) : null;

    private static HashSet<string> WordsOf(string text)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(text, terms);
        var words = new HashSet<string>(terms.Count, StringComparer.Ordinal);
        for (var at = 0; at < terms.Count; at++)
        {
            words.Add(terms[at].ToString());
        }

        return words;
    }

    private sealed record Known(MemoryRecord Record, HashSet<string> Words, (string Speaker, string Slot)? Slot);
}
