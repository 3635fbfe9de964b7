namespace Granary.Core.Users.Records;

/// <summary>
/// A user's records in memory: what is durable, which reads see, and what is on its way to the store, on which changes are decided. Not thread-safe:
/// its user's gate guards it.
/// </summary>
internal sealed class RecordState
{
    private readonly MemoryLifecycleOptions _lifecycle;
    private readonly Dictionary<string, Pending> _ahead = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, string> _aheadKeys = [];

    public RecordState(MemoryLifecycleOptions lifecycle, RecordLimits limits)
    {
        _lifecycle = lifecycle;
        Limits = limits;
        Log = new RowLog(limits, Table.Names);
    }

    /// <summary>What is durable.</summary>
    public RecordTable Table { get; } = new();

    /// <summary>How rows are stored.</summary>
    public RecordLimits Limits { get; }

    /// <summary>What changed since the pages of rows were written, as of the changes on their way.</summary>
    public RowLog Log { get; }

    /// <summary>Rises with every change that leaves no text of a record behind: postings read before it must not be stored after it.</summary>
    public int Scrubs { get; private set; }

    /// <summary>The counters, as of the changes on their way.</summary>
    public UserHead Head { get; private set; } = new() { Layout = 1 };

    /// <summary>Who is told of changes; null for nobody.</summary>
    public IRecordIndex? Index { get; set; }

    /// <summary>Whether vectors of records may be stored, as of the changes on their way.</summary>
    public bool HasVectors { get; set; }

    /// <summary>When a record is due, as of the changes on their way, or earlier: a look that comes too early is harmless. UTC ticks, or null.</summary>
    public long? Due { get; private set; }

    /// <summary>Takes over the counters that were loaded.</summary>
    public void Load(UserHead head) => Head = head;

    /// <summary>Takes over a record that was loaded.</summary>
    public void Load(RecordDocument document, DateTimeOffset now)
    {
        Show(document, reindex: true, now);
        Await(_lifecycle.DueOf(document));
    }

    /// <summary>Takes over rows, or changes of rows, that were loaded; in their order.</summary>
    /// <param name="rows">The rows; their names are of <see cref="Table"/>.</param>
    public void Load(ReadOnlySpan<LoggedRow> rows)
    {
        foreach (ref readonly var logged in rows)
        {
            var row = logged.Row;
            switch (logged.Change)
            {
                case RowChange.Is:
                    Table.Put(in row);
                    break;
                case RowChange.Used:
                    Table.Use(in row);
                    break;
                default:
                    Table.Remove(in row);
                    break;
            }
        }
    }

    /// <summary>Takes over counters that are on their way to the store.</summary>
    public void Accept(UserHead head, LogStep? step)
    {
        Head = head;
        if (step is not null)
        {
            Log.Accept(step);
        }
    }

    public bool IsAhead(string id) => _ahead.ContainsKey(id);

    /// <summary>What a change on its way makes of a record.</summary>
    /// <param name="id">The record.</param>
    /// <param name="document">The record, or null if it is purged.</param>
    /// <param name="durable">Ends when the change is durable.</param>
    public bool TryGetAhead(string id, out RecordDocument? document, out Task durable)
    {
        var found = _ahead.TryGetValue(id, out var pending);
        (document, durable) = (pending?.Document, pending?.Durable ?? Task.CompletedTask);
        return found;
    }

    public string? FindEqualAhead(UInt128 key, DateTimeOffset now) =>
        _aheadKeys.TryGetValue(key, out var id) && _ahead[id].Document!.StateAt(now).IsActive() ? id : null;

    /// <summary>A plan's changes are on their way.</summary>
    public void Accept(RecordPlan plan, Task durable)
    {
        Head = plan.Head;
        if (plan.Step is { } step)
        {
            Log.Accept(step);
        }

        Scrubs += plan.Scrubs ? 1 : 0;
        foreach (var (id, document) in plan.Changed)
        {
            ForgetKey(id);
            _ahead[id] = new Pending(plan, document, durable);
            if (document is null)
            {
                continue;
            }

            if (document.StateAt(plan.Now).IsActive())
            {
                _aheadKeys[document.Key] = id;
            }

            Await(_lifecycle.DueOf(document));
        }
    }

    /// <summary>A plan's changes are durable.</summary>
    public void Apply(RecordPlan plan)
    {
        foreach (var (id, document) in plan.Changed)
        {
            if (_ahead.TryGetValue(id, out var pending) && pending.Plan == plan)
            {
                ForgetKey(id);
                _ahead.Remove(id);
            }

            if (document is null)
            {
                Table.Remove(id);
                Index?.Remove(id);
            }
            else
            {
                Show(document, plan.Reindexed.Contains(id), plan.Now);
            }
        }

        foreach (var effect in plan.Effects)
        {
            effect();
        }
    }

    /// <summary>The ids of records that are due, at the most so many.</summary>
    public List<string> FindDue(DateTimeOffset now, int max)
    {
        var due = new List<string>();
        for (var place = 0; place < Table.Rows && due.Count < max; place++)
        {
            ref var row = ref Table[place];
            if (row.Number != 0 && _lifecycle.DueOf(in row) <= now.UtcTicks)
            {
                due.Add(row.Id);
            }
        }

        return due;
    }

    /// <summary>Finds out exactly when a record is due next.</summary>
    public void LookForDue()
    {
        Due = null;
        for (var place = 0; place < Table.Rows; place++)
        {
            ref var row = ref Table[place];
            if (row.Number != 0)
            {
                Await(_lifecycle.DueOf(in row));
            }
        }

        foreach (var (_, pending) in _ahead)
        {
            if (pending.Document is { } document)
            {
                Await(_lifecycle.DueOf(document));
            }
        }
    }

    private void Show(RecordDocument document, bool reindex, DateTimeOffset now)
    {
        Table.Put(document);
        if (reindex && Index is not null)
        {
            if (document.StateAt(now).IsActive())
            {
                Index.Upsert(document);
            }
            else
            {
                Index.Remove(document.Id);
            }
        }
    }

    private void Await(long? due)
    {
        if (due is { } time && !(Due <= time))
        {
            Due = time;
        }
    }

    private void ForgetKey(string id)
    {
        if (_ahead.TryGetValue(id, out var pending) && pending.Document is { } document
            && _aheadKeys.TryGetValue(document.Key, out var owner) && owner == id)
        {
            _aheadKeys.Remove(document.Key);
        }
    }

    private sealed record Pending(RecordPlan Plan, RecordDocument? Document, Task Durable);
}
