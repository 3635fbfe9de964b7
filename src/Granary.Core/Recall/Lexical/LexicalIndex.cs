using System.Runtime.InteropServices;
using Granary.Core.Recall.Analysis;

namespace Granary.Core.Recall.Lexical;

/// <summary>
/// The inverted index over one user's memory: messages and records come one by one, may be replaced and removed, and are found by their terms. Keeps
/// numbers and terms, no text. Statistics are of this user alone. One writer at a time; any number of queries may run beside it, without locks:
/// arrays only grow, are published whole, and a query looks no further than the units that were complete when it began. A query sees each change
/// either not at all or, for a change that is under way, in part (a unit replaced may be missing for a moment); it never fails by it.
/// </summary>
internal sealed class LexicalIndex
{
    /// <summary>Terms of a passage at most; a longer unit is cut into passages of like length.</summary>
    public const int PassageLength = 64;

    private readonly Dictionary<string, SourceEntry> sessionsById = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourceEntry> recordsById = new(StringComparer.Ordinal);
    private readonly List<int> numbers = [];
    private readonly List<uint> passage = [];
    private readonly TermList terms = new();
    private UnitEntry[] units = new UnitEntry[16];
    private uint[] forward = new uint[128];
    private SourceEntry[] sources = new SourceEntry[4];
    private int forwardUsed;
    private int sourceCount;
    private volatile int unitCount;

    /// <summary>Told of the number of each passage that is taken out, by the writer; null for nobody.</summary>
    public Action<int>? Detached { get; set; }

    /// <summary>The terms.</summary>
    public TermTable Terms { get; } = new();

    /// <summary>Which units have a term.</summary>
    public PostingTable Postings { get; } = new();

    /// <summary>Speakers' names.</summary>
    public NameTable Names { get; } = new();

    /// <summary>Agents.</summary>
    public NameTable Agents { get; } = new();

    /// <summary>Passages ever added: their numbers are below it.</summary>
    public int UnitCount => unitCount;

    /// <summary>Passages not removed.</summary>
    public int AliveCount { get; private set; }

    /// <summary>Terms of all passages not removed.</summary>
    public long AliveLength { get; private set; }

    /// <summary>Sessions with a passage.</summary>
    public int SessionCount { get; private set; }

    /// <summary>Terms of all passages of sessions.</summary>
    public long SessionLength { get; private set; }

    /// <summary>The time of the newest message ever added in seconds since 1970, or <see cref="long.MinValue"/>: records are made later than what they tell.</summary>
    public long NewestTime { get; private set; } = long.MinValue;

    /// <summary>Sessions and records ever added: their numbers are below it.</summary>
    public int SourceCount => Volatile.Read(ref sourceCount);

    /// <summary>The passages; those below <see cref="UnitCount"/>, read before, are complete.</summary>
    public ReadOnlySpan<UnitEntry> Units => Volatile.Read(ref units);

    /// <summary>A session or record.</summary>
    public SourceEntry Source(int number) => Volatile.Read(ref sources)[number];

    /// <summary>The terms of a passage with their counts, packed as in <see cref="PostingTable"/>.</summary>
    public ReadOnlySpan<uint> TermsOf(in UnitEntry unit) => Volatile.Read(ref forward).AsSpan(unit.Terms, unit.TermCount);

    /// <summary>Adds a unit; one of the same source and sequence is replaced.</summary>
    /// <returns>The number of its first passage.</returns>
    /// <exception cref="InvalidOperationException">The index is full.</exception>
    public int Add(RecallUnit unit)
    {
        ArgumentNullException.ThrowIfNull(unit);
        var isMessage = unit.Kind == UnitKind.Message;
        Remove(unit.Kind, unit.Source, unit.Sequence);
        TextAnalyzer.Analyze(Spoken(unit), terms);
        var source = GetOrAddSource(unit.Source, isMessage);
        if (!isMessage)
        {
            source.Record = new RecordEntry
            {
                ValidFrom = unit.ValidFrom?.ToUnixTimeSeconds() ?? long.MinValue,
                ValidTo = unit.ValidTo?.ToUnixTimeSeconds() ?? long.MaxValue,
                Importance = Part(unit.Importance),
                Confidence = Part(unit.Confidence),
                Accesses = (ushort)Math.Clamp(unit.Accesses, 0, ushort.MaxValue),
            };
        }

        var entry = new UnitEntry
        {
            Time = unit.Time.ToUnixTimeSeconds(),
            Sequence = isMessage ? unit.Sequence : 0,
            Source = source.Number,
            Tokens = unit.Tokens,
            Name = string.IsNullOrEmpty(unit.Name) ? UnitEntry.None : Names.GetOrAdd(unit.Name),
            Agent = Agents.GetOrAdd(unit.Agent),
            Kind = unit.Kind,
            Role = unit.Role,
        };
        var first = unitCount;
        var passages = Math.Max(1, (terms.Count + PassageLength - 1) / PassageLength);
        for (var i = 0; i < passages; i++)
        {
            var from = (int)((long)terms.Count * i / passages);
            var to = (int)((long)terms.Count * (i + 1) / passages);
            Gather(from, to);
            entry.Length = (ushort)(to - from);
            entry.Traits = TraitReader.Content(terms, from, to, Names) | (i > 0 ? UnitTraits.Continued : UnitTraits.None)
                | (i == passages - 1 ? TraitReader.Form(unit.Text) : UnitTraits.None) | (unit.Repeats ? UnitTraits.Repeats : UnitTraits.None);
            Append(entry, source, CollectionsMarshal.AsSpan(passage));
        }

        return first;
    }

    /// <summary>Takes a unit out.</summary>
    /// <param name="kind">What it is; of a record, any kind of record.</param>
    /// <param name="id">The session's or record's id.</param>
    /// <param name="sequence">The message's sequence.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(UnitKind kind, string id, long sequence)
    {
        var unit = Find(kind, id, sequence);
        if (unit < 0)
        {
            return false;
        }

        // A unit's passages stand side by side.
        while (unit >= 0)
        {
            var before = units[unit].Previous;
            var more = before >= 0 && units[before].Sequence == units[unit].Sequence;
            Detach(unit);
            unit = more ? before : UnitEntry.None;
        }

        return true;
    }

    /// <summary>Takes a session or record out with all its units.</summary>
    /// <returns>How many passages were there.</returns>
    public int RemoveSource(string id, bool isSession)
    {
        if (!(isSession ? sessionsById : recordsById).TryGetValue(id, out var source))
        {
            return 0;
        }

        var removed = 0;
        while (source.Last >= 0)
        {
            Detach(source.Last);
            removed++;
        }

        return removed;
    }

    /// <summary>The last passage of a unit, or <see cref="UnitEntry.None"/>. For the writer.</summary>
    internal int Find(UnitKind kind, string id, long sequence)
    {
        var isMessage = kind == UnitKind.Message;
        if (!(isMessage ? sessionsById : recordsById).TryGetValue(id, out var source))
        {
            return UnitEntry.None;
        }

        if (!isMessage)
        {
            return source.Last;
        }

        var place = Behind(source, sequence) - 1;
        return place >= 0 && units[source.Order[place]].Sequence == sequence ? source.Order[place] : UnitEntry.None;
    }

    /// <summary>The number of a session or record, or -1. For the writer and, where none runs, for readers.</summary>
    internal int FindSource(string id, bool isSession) => (isSession ? sessionsById : recordsById).TryGetValue(id, out var source) ? source.Number : -1;

    /// <summary>Adds a passage whose terms are known.</summary>
    /// <param name="entry">The passage; links and place of terms are set here.</param>
    /// <param name="source">Where it belongs.</param>
    /// <param name="passage">Its terms and counts, packed as in <see cref="PostingTable"/>.</param>
    internal void Append(UnitEntry entry, SourceEntry source, ReadOnlySpan<uint> passage)
    {
        var number = unitCount;
        if (number == PostingTable.MaxUnits)
        {
            throw new InvalidOperationException("The recall index is full.");
        }

        Grow(ref units, number + 1);
        Grow(ref forward, forwardUsed + passage.Length);
        entry.Terms = forwardUsed;
        entry.TermCount = (ushort)passage.Length;
        passage.CopyTo(forward.AsSpan(forwardUsed));
        forwardUsed += passage.Length;
        foreach (var term in passage)
        {
            Postings.Add(PostingTable.Unit(term), number, PostingTable.Count(term));
        }

        // Mostly the newest of its session; one that comes late is put in its place.
        var (before, after) = (source.Last, UnitEntry.None);
        if (source.IsSession)
        {
            var place = Behind(source, entry.Sequence);
            before = place > 0 ? source.Order[place - 1] : UnitEntry.None;
            after = place < source.Order.Count ? source.Order[place] : UnitEntry.None;
            source.Order.Insert(place, number);
        }

        (entry.Previous, entry.Next) = (before, after);
        units[number] = entry;
        unitCount = number + 1;
        if (before >= 0)
        {
            units[before].Next = number;
        }

        if (after >= 0)
        {
            units[after].Previous = number;
        }
        else
        {
            source.Last = number;
        }

        Count(source, entry, 1);
        NewestTime = entry.IsMessage ? Math.Max(NewestTime, entry.Time) : NewestTime;
    }

    /// <summary>A session or record; made if it is new.</summary>
    internal SourceEntry GetOrAddSource(string id, bool isSession)
    {
        var byId = isSession ? sessionsById : recordsById;
        if (byId.TryGetValue(id, out var source))
        {
            return source;
        }

        source = new SourceEntry(id, sourceCount, isSession);
        byId.Add(id, source);
        Grow(ref sources, sourceCount + 1);
        sources[sourceCount] = source;
        Volatile.Write(ref sourceCount, sourceCount + 1);
        return source;
    }

    /// <summary>How many of a session's passages have a sequence up to this one.</summary>
    private int Behind(SourceEntry source, long sequence)
    {
        var order = source.Order;
        var (low, high) = (0, order.Count);
        if (high > 0 && units[order[^1]].Sequence <= sequence)
        {
            return high;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = units[order[middle]].Sequence <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Counts the terms of a stretch of the text at hand.</summary>
    private void Gather(int from, int to)
    {
        passage.Clear();
        numbers.Clear();
        for (var at = from; at < to; at++)
        {
            numbers.Add(Terms.GetOrAdd(terms[at]));
        }

        numbers.Sort();
        for (var at = 0; at < numbers.Count;)
        {
            var end = at + 1;
            while (end < numbers.Count && numbers[end] == numbers[at])
            {
                end++;
            }

            passage.Add(PostingTable.Pack(numbers[at], end - at));
            at = end;
        }
    }

    private static byte Part(float value) => (byte)Math.Clamp(MathF.Round(value * 255), 0, 255);

    /// <summary>The text without "name:" before it.</summary>
    private static ReadOnlySpan<char> Spoken(RecallUnit unit)
    {
        var text = unit.Text.AsSpan();
        return unit.Name is { Length: > 0 } name && text.Length > name.Length && text[name.Length] == ':'
            && text.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            ? text[(name.Length + 1)..]
            : text;
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (needed > array.Length)
        {
            var bigger = new T[Math.Max(needed, array.Length + (array.Length / 3))];
            array.CopyTo(bigger, 0);
            Volatile.Write(ref array, bigger);
        }
    }

    private void Detach(int number)
    {
        ref var unit = ref units[number];
        unit.Traits |= UnitTraits.Removed;
        Detached?.Invoke(number);
        var source = sources[unit.Source];
        if (unit.Previous >= 0)
        {
            units[unit.Previous].Next = unit.Next;
        }

        if (unit.Next >= 0)
        {
            units[unit.Next].Previous = unit.Previous;
        }
        else
        {
            source.Last = unit.Previous;
        }

        if (source.IsSession)
        {
            // A unit's passages stand side by side, and the last goes first.
            var place = Behind(source, unit.Sequence) - 1;
            source.Order.RemoveAt(source.Order.LastIndexOf(number, place));
        }

        foreach (var term in TermsOf(unit))
        {
            Postings.CountOut(PostingTable.Unit(term));
        }

        Count(source, unit, -1);
    }

    private void Count(SourceEntry source, in UnitEntry unit, int sign)
    {
        int length = unit.Length;
        if (unit.Name != UnitEntry.None)
        {
            Names.Count(unit.Name, sign);
        }

        AliveCount += sign;
        AliveLength += sign * length;
        if (source.IsSession)
        {
            SessionLength += sign * length;
            SessionCount += sign > 0 && source.Count == 0 ? 1 : sign < 0 && source.Count == 1 ? -1 : 0;
        }

        source.Count += sign;
        source.Length += sign * length;
    }
}
