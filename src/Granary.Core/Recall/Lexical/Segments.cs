using System.Runtime.InteropServices;

namespace Granary.Core.Recall.Lexical;

/// <summary>Takes stretches out of an index to store them, and puts stored ones in. For the index's writer.</summary>
internal static class Segments
{
    /// <summary>Passages that a segment should hold at most.</summary>
    public const int Size = 1024;

    /// <summary>Takes out the passages from one number up to another; removed ones are left out.</summary>
    /// <param name="index">The index.</param>
    /// <param name="from">The first.</param>
    /// <param name="to">The one after the last: a <see cref="LexicalIndex.UnitCount"/> seen between two additions, so that no unit is torn.</param>
    /// <param name="removed">Units of older segments that are no more.</param>
    /// <param name="messagesOnly">Whether records are left out.</param>
    public static SegmentData Take(LexicalIndex index, int from, int to, IReadOnlyList<UnitKey>? removed = null, bool messagesOnly = false)
    {
        var sources = new Numbering<(string Id, bool IsSession)>();
        var names = new Numbering<int>();
        var agents = new Numbering<int>();
        var terms = new Numbering<int>();
        var units = new List<UnitEntry>(to - from);
        var postings = new List<uint>();
        var inPassage = new List<uint>();
        var records = new Dictionary<int, RecordEntry>();
        var gone = (removed ?? []).Select(key => (sources.Of((key.Source, key.IsMessage)), key.Sequence)).ToArray();
        for (var i = from; i < to; i++)
        {
            var unit = index.Units[i];
            if (unit.IsRemoved || (messagesOnly && !unit.IsMessage))
            {
                continue;
            }

            inPassage.Clear();
            foreach (var term in index.TermsOf(unit))
            {
                inPassage.Add(PostingTable.Pack(terms.Of(PostingTable.Unit(term)), PostingTable.Count(term)));
            }

            inPassage.Sort();
            var source = index.Source(unit.Source);
            unit.Source = sources.Of((source.Id, source.IsSession));
            if (!source.IsSession)
            {
                records[unit.Source] = source.Record;
            }

            unit.Name = unit.Name == UnitEntry.None ? UnitEntry.None : names.Of(unit.Name);
            unit.Agent = agents.Of(unit.Agent);
            unit.Terms = postings.Count;
            (unit.Previous, unit.Next) = (UnitEntry.None, UnitEntry.None);
            units.Add(unit);
            postings.AddRange(inPassage);
        }

        return new SegmentData
        {
            Sources = [.. sources.All.Select((source, i) => new SegmentSource(source.Id, source.IsSession, records.GetValueOrDefault(i)))],
            Names = [.. names.All.Select(name => index.Names[name].Text)],
            Agents = [.. agents.All.Select(agent => index.Agents[agent].Text)],
            Terms = [.. terms.All.Select(term => index.Terms[term].ToString())],
            Removed = gone,
            Units = units,
            Postings = postings,
        };
    }

    /// <summary>Puts a stretch in: first what it says is removed, then its units; one that is there already is replaced.</summary>
    public static void Put(LexicalIndex index, SegmentData segment)
    {
        foreach (var (source, sequence) in segment.Removed)
        {
            var (id, isSession, _) = segment.Sources[source];
            index.Remove(isSession ? UnitKind.Message : UnitKind.Fact, id, sequence);
        }

        var terms = segment.Terms.Select(term => index.Terms.GetOrAdd(term)).ToArray();
        var names = segment.Names.Select(index.Names.GetOrAdd).ToArray();
        var agents = segment.Agents.Select(index.Agents.GetOrAdd).ToArray();
        var passage = new List<uint>();
        for (var i = 0; i < segment.Units.Count; i++)
        {
            var unit = segment.Units[i];
            var (id, isSession, record) = segment.Sources[unit.Source];
            if ((unit.Traits & UnitTraits.Continued) == 0)
            {
                index.Remove(unit.Kind, id, unit.Sequence);
            }

            var source = index.GetOrAddSource(id, isSession);
            source.Record = record;
            passage.Clear();
            for (var at = unit.Terms; at < unit.Terms + unit.TermCount; at++)
            {
                var posting = segment.Postings[at];
                passage.Add(PostingTable.Pack(terms[PostingTable.Unit(posting)], PostingTable.Count(posting)));
            }

            unit.Source = source.Number;
            unit.Name = unit.Name == UnitEntry.None ? UnitEntry.None : names[unit.Name];
            unit.Agent = agents[unit.Agent];
            index.Append(unit, source, CollectionsMarshal.AsSpan(passage));
        }
    }

    private sealed class Numbering<T>
        where T : notnull
    {
        private readonly Dictionary<T, int> numbers = [];

        public List<T> All { get; } = [];

        public int Of(T item)
        {
            ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, item, out var known);
            if (!known)
            {
                number = All.Count;
                All.Add(item);
            }

            return number;
        }
    }
}
