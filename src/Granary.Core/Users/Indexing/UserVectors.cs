using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// The vectors of one user's units, by the numbers that the lexical index gave them (of a long unit, its first passage's): which units have one, which wait
/// for one, and what of the store belongs to units that are no more. All of it under the gate of <see cref="UserIndex"/>; searches of <see cref="Index"/> run beside it.
/// </summary>
internal sealed class UserVectors
{
    /// <summary>Of a longer text the beginning is embedded, in characters: what a unit is about is mostly told there, and models take little more.</summary>
    public const int MaxText = 8 * 1024;

    /// <summary>What a tool answered is embedded up to so many tokens: more of it is data, which has no meaning to be near to.</summary>
    public const int MaxToolTokens = 128;

    private readonly LexicalIndex _lexical;
    private readonly Dictionary<int, Held> _held = [];
    private readonly Dictionary<string, StoredVectors> _segments = new(StringComparer.Ordinal);
    private readonly HashSet<int> _unsealed = [];
    private readonly HashSet<string> _spoilt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, VectorKey> _orphans = new(StringComparer.Ordinal);

    // The last come first: what was just said is asked for sooner than what was said long ago.
    private List<int> _waiting = [];
    private readonly HashSet<int> _taken = [];

    // Vectors from which a segment is written.
    private readonly int _segmentRows;

    public UserVectors(string model, int dimension, int segmentVectors, LexicalIndex lexical)
    {
        _segmentRows = Math.Min(segmentVectors, VectorSegment.MaxRows(dimension));
        _lexical = lexical;
        Index = new VectorIndex(model, dimension);
        lexical.Detached = Detached;
    }

    /// <summary>The vectors in memory.</summary>
    public VectorIndex Index { get; }

    /// <summary>Units that wait for a vector.</summary>
    public int Pending => _waiting.Count(Wants) + _taken.Count(Wants);

    /// <summary>Whether there is anything to embed, to store or to remove.</summary>
    public bool HasWork => _waiting.Count > 0 || HasRubbish || _unsealed.Count >= _segmentRows;

    /// <summary>Whether something is stored of units that are no more.</summary>
    public bool HasRubbish => _spoilt.Count > 0 || _orphans.Count > 0;

    /// <summary>Whether a unit waits for a vector, or should.</summary>
    private bool Wants(int unit)
    {
        ref readonly var entry = ref _lexical.Units[unit];
        return !entry.IsRemoved && (entry.Traits & UnitTraits.Continued) == 0 && !_held.ContainsKey(unit)
            && (entry.Kind != UnitKind.Message || entry.Role != MessageRole.Tool || entry.Tokens <= MaxToolTokens);
    }

    /// <summary>What a unit's vector belongs to.</summary>
    public VectorKey KeyOf(int unit, ulong text)
    {
        ref readonly var entry = ref _lexical.Units[unit];
        return new VectorKey(_lexical.Source(entry.Source).Id, entry.Sequence, entry.IsMessage ? 0 : text);
    }

    /// <summary>A unit was added.</summary>
    public void Added(int unit)
    {
        if (Wants(unit) && !_taken.Contains(unit))
        {
            _waiting.Add(unit);
        }
    }

    /// <summary>A record is about to be replaced: where its text stays, its vector goes with it.</summary>
    /// <param name="from">Its number, or a negative one.</param>
    /// <param name="to">The number that it will have.</param>
    /// <param name="text">See <see cref="VectorKey.Text"/>.</param>
    public void Moving(int from, int to, ulong text)
    {
        if (from >= 0 && _held.TryGetValue(from, out var held) && held.Text == text && Index.Move(from, to))
        {
            _held.Remove(from);
            _held[to] = held;
            if (held.Segment is null)
            {
                _unsealed.Remove(from);
                _unsealed.Add(to);
            }
            else
            {
                held.Segment.Units.Add(to);
            }
        }
    }

    /// <summary>A message is no more: what is stored of it must go.</summary>
    public void Orphan(string session, long sequence) => Orphan(new VectorKey(session, sequence, 0));

    /// <summary>Takes the next units that wait; they must come back by <see cref="Set"/> or <see cref="PutBack"/>.</summary>
    public List<int> Take(int most)
    {
        var batch = new List<int>();
        while (batch.Count < most && _waiting.Count > 0)
        {
            var unit = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            if (Wants(unit) && _taken.Add(unit))
            {
                batch.Add(unit);
            }
        }

        return batch;
    }

    /// <summary>Takes units back that got no vector.</summary>
    /// <param name="units">The units.</param>
    /// <param name="last">Whether all others come before them.</param>
    public void PutBack(IEnumerable<int> units, bool last)
    {
        var wanting = units.Where(unit => _taken.Remove(unit) && Wants(unit)).Reverse().ToList();
        _waiting.InsertRange(last ? 0 : _waiting.Count, wanting);
    }

    /// <summary>Gives units up: they stay without a vector until the next activation.</summary>
    public void GiveUp(IEnumerable<int> units) => _taken.ExceptWith(units);

    /// <summary>Whether a unit is still what it was when it was taken.</summary>
    public bool IsWanted(int unit) => Wants(unit);

    /// <summary>Takes over a vector that is stored.</summary>
    public void Set(int unit, VectorKey key, ReadOnlySpan<float> vector)
    {
        _taken.Remove(unit);
        if (Wants(unit))
        {
            Index.Set(unit, vector);
            _held[unit] = new Held(key.Text);
            _unsealed.Add(unit);
        }
        else if (key.IsMessage)
        {
            // It went while its vector was on its way. A record's goes with the record's own change.
            Orphan(key);
        }
    }

    /// <summary>
    /// The exact vectors of units are not stored, or cannot be read: they are made anew. A segment may tell more than there is, of a record that was
    /// deleted and restored before the segment could be removed.
    /// </summary>
    public void Remake(IEnumerable<int> units)
    {
        foreach (var unit in units)
        {
            Detached(unit);
            Added(unit);
        }
    }

    /// <summary>Takes over a stored segment.</summary>
    /// <param name="id">Its document.</param>
    /// <param name="keys">What its rows belong to.</param>
    /// <param name="segment">The rows, of this model and dimension.</param>
    /// <param name="textOf">What a record's text is now, or null if it is not active.</param>
    public void Load(string id, IReadOnlyList<VectorKey> keys, VectorSegment segment, Func<string, ulong?> textOf)
    {
        var stored = new StoredVectors(id, new List<int>(keys.Count), new HashSet<string>(StringComparer.Ordinal));
        var units = new Dictionary<int, int>(keys.Count);
        _segments.Add(id, stored);
        for (var row = 0; row < keys.Count; row++)
        {
            var key = keys[row];
            if (key.IsMessage)
            {
                stored.Sessions.Add(key.Source);
            }

            var unit = key.IsMessage || textOf(key.Source) == key.Text ? FirstPassage(key) : -1;
            units[segment.Unit(row)] = unit;
            if (unit < 0)
            {
                _spoilt.Add(id);
                if (key.IsMessage)
                {
                    Orphan(key);
                }

                continue;
            }

            if (_held.TryGetValue(unit, out var earlier) && earlier.Segment is { } other)
            {
                // Two have it; one would be forgotten when it has to go.
                _spoilt.Add(other.Id);
            }

            _unsealed.Remove(unit);
            _held[unit] = new Held(key.Text) { Segment = stored };
            stored.Units.Add(unit);
        }

        Index.Load(segment, unit => units[unit]);
    }

    /// <summary>All segments were read: what has no vector waits for one.</summary>
    public void Loaded()
    {
        _waiting = [];
        for (var unit = 0; unit < _lexical.UnitCount; unit++)
        {
            Added(unit);
        }
    }

    /// <summary>The segments that have a message of a session.</summary>
    public List<string> SegmentsOf(string session) => [.. _segments.Values.Where(segment => segment.Sessions.Contains(session)).Select(segment => segment.Id)];

    /// <summary>Stored documents that must go, at the most so many. They are told of by <see cref="Removed"/> when they are gone.</summary>
    public List<string> Rubbish(int most)
    {
        // A message that is read again is no orphan any more.
        foreach (var (document, key) in _orphans)
        {
            if (FirstPassage(key) >= 0)
            {
                _orphans.Remove(document);
            }
        }

        return [.. _spoilt.Concat(_orphans.Keys).Take(most)];
    }

    /// <summary>Documents are gone; what else a segment had is written anew with others.</summary>
    public void Removed(IEnumerable<string> documents)
    {
        foreach (var id in documents)
        {
            _orphans.Remove(id);
            _spoilt.Remove(id);
            if (!_segments.Remove(id, out var segment))
            {
                continue;
            }

            foreach (var unit in segment.Units)
            {
                if (_held.TryGetValue(unit, out var held) && held.Segment == segment)
                {
                    held.Segment = null;
                    _unsealed.Add(unit);
                }
            }
        }
    }

    /// <summary>Encodes the next segment if there is enough for one.</summary>
    public (List<int> Units, byte[] Body)? NextSegment()
    {
        if (_unsealed.Count < _segmentRows)
        {
            return null;
        }

        var units = _unsealed.Take(VectorSegment.MaxRows(Index.Dimension)).ToList();
        return (units, VectorSegmentDocument.Encode(units.ConvertAll(unit => KeyOf(unit, _held[unit].Text)), Index.Encode(units)));
    }

    /// <summary>A segment is stored.</summary>
    public void Sealed(string id, List<int> units)
    {
        var segment = new StoredVectors(id, [], new HashSet<string>(StringComparer.Ordinal));
        _segments.Add(id, segment);
        foreach (var unit in units)
        {
            ref readonly var entry = ref _lexical.Units[unit];
            if (entry.IsMessage)
            {
                segment.Sessions.Add(_lexical.Source(entry.Source).Id);
            }

            if (_unsealed.Remove(unit))
            {
                _held[unit].Segment = segment;
                segment.Units.Add(unit);
            }
            else
            {
                // It went, or got another number, while the segment was on its way.
                _spoilt.Add(id);
            }
        }
    }

    private void Orphan(VectorKey key) => _orphans[key.Document] = key;

    /// <summary>The first passage of what a vector belongs to, or a negative number.</summary>
    private int FirstPassage(VectorKey key) => FirstPassage(_lexical, key.IsMessage ? UnitKind.Message : UnitKind.Fact, key.Source, key.Sequence);

    /// <summary>The first passage of a unit, or a negative number. For the index's writer.</summary>
    public static int FirstPassage(LexicalIndex lexical, UnitKind kind, string source, long sequence)
    {
        var unit = lexical.Find(kind, source, sequence);
        while (unit >= 0 && (lexical.Units[unit].Traits & UnitTraits.Continued) != 0)
        {
            unit = lexical.Units[unit].Previous;
        }

        return unit;
    }

    /// <summary>A unit as ranking tells of it.</summary>
    /// <param name="lexical">The index.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="cosine">Its nearness.</param>
    public static RankedUnit Found(LexicalIndex lexical, int unit, float cosine)
    {
        ref readonly var entry = ref lexical.Units[unit];
        return new RankedUnit(
            unit, entry.Kind, lexical.Source(entry.Source).Id, entry.Sequence, entry.Tokens, cosine, new ScoreParts(0, 0, 0, cosine, 1, 1, 1, 1, 1));
    }

    private void Detached(int unit)
    {
        if (!_held.Remove(unit, out var held))
        {
            return;
        }

        Index.Remove(unit);
        if (held.Segment is { } segment)
        {
            _spoilt.Add(segment.Id);
        }

        _unsealed.Remove(unit);
    }

    /// <summary>A unit's vector.</summary>
    /// <param name="text">See <see cref="VectorKey.Text"/>.</param>
    private sealed class Held(ulong text)
    {
        public ulong Text => text;

        /// <summary>The segment that has it; null if none does yet.</summary>
        public StoredVectors? Segment { get; set; }
    }
}
