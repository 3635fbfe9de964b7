using Granary.Core.Storage;
using Granary.Core.Users.Indexing;

namespace Granary.Core.Users.Records;

/// <summary>
/// Changes of records that are decided together and happen together, all or none. Made and filled under the user's gate; what it finds is what
/// changes on their way to the store will have made of the records.
/// </summary>
internal sealed class RecordPlan
{
    /// <summary>Records that one commit can change, beside the counters, a page of the log and a run of history that is closed.</summary>
    public const int MaxRecordsPerCommit = StorageLimits.MaxDocumentsPerCommit - 3;

    /// <summary>Bytes that all changes may write together, so that one document can hold them.</summary>
    public const long MaxBytes = StorageLimits.MaxBytesPerCommit - 1024;

    /// <summary>Bytes beyond which a plan that may end anywhere takes no more: any record still fits behind.</summary>
    private const long FullBytes = 800_000;

    private readonly RecordState _state;
    private readonly IReadOnlyDictionary<string, RecordDocument> _read;
    private readonly Dictionary<string, RecordDocument?> _changed = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, string> _keys = [];
    private readonly HashSet<string> _reindexed = new(StringComparer.Ordinal);
    private readonly List<DocumentWrite> _writes = [];
    private readonly List<LoggedRow> _logged = [];
    private readonly List<Action> _effects = [];
    private readonly List<Action> _undoings = [];
    private readonly HashSet<string> _missing = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _ahead = [];

    public RecordPlan(RecordState state, IReadOnlyDictionary<string, RecordDocument> read, DateTimeOffset now)
    {
        _state = state;
        _read = read;
        Now = now;
        Head = state.Head;
    }

    /// <summary>The time of the changes.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The counters after the changes.</summary>
    public UserHead Head { get; private set; }

    /// <summary>Records whose documents must be read before this can be decided: what was planned is thrown away, and decided anew with them.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    /// <summary>Changes on their way that were looked at: what is said of them is true when these are done.</summary>
    public IReadOnlyCollection<Task> Ahead => _ahead;

    /// <summary>The records that are changed; null for one that is purged.</summary>
    public IReadOnlyDictionary<string, RecordDocument?> Changed => _changed;

    /// <summary>Those of them whose text or attributes changed, not only their use.</summary>
    public IReadOnlySet<string> Reindexed => _reindexed;

    /// <summary>Bytes that the changes write so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether one more record certainly fits into the same commit.</summary>
    public bool HasRoom => _writes.Count + (_state.HasVectors ? 1 : 0) < MaxRecordsPerCommit && Bytes < FullBytes;

    /// <summary>Whether one commit takes it all. Asked after <see cref="Seal"/>.</summary>
    public bool FitsOneCommit => _writes.Count <= StorageLimits.MaxDocumentsPerCommit && Bytes <= StorageLimits.MaxBytesPerCommit;

    /// <summary>Whether nothing happens.</summary>
    public bool IsEmpty => _writes.Count == 0;

    /// <summary>What is to happen in memory when the changes are durable.</summary>
    public IReadOnlyList<Action> Effects => _effects;

    /// <summary>What the changes make of the log of rows; null where no record changes. Known after <see cref="Seal"/>.</summary>
    public LogStep? Step { get; private set; }

    /// <summary>Whether something that was said is to leave no byte behind.</summary>
    public bool Scrubs { get; private set; }

    /// <summary>Finds a record.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="document">The record, or null if there is none or it is <see cref="Missing"/>.</param>
    /// <returns>Whether the answer is certain.</returns>
    public bool TryFind(string id, out RecordDocument? document)
    {
        if (_changed.TryGetValue(id, out document))
        {
            return true;
        }

        if (_state.TryGetAhead(id, out document, out var durable))
        {
            _ahead.Add(durable);
            return true;
        }

        var place = _state.Table.Find(id);
        if (place < 0)
        {
            return true;
        }

        // What was read may be older or newer than what memory knows.
        ref var row = ref _state.Table[place];
        if (_read.TryGetValue(id, out document) && document.Record.Revision == row.Revision && document.Record.AccessCount == row.Accesses)
        {
            return true;
        }

        document = null;
        _missing.Add(id);
        return false;
    }

    /// <summary>A record, or null if there is none or it is <see cref="Missing"/>.</summary>
    public RecordDocument? Find(string id)
    {
        TryFind(id, out var document);
        return document;
    }

    /// <summary>The id of the active record that has a key, or null.</summary>
    public string? FindEqual(UInt128 key)
    {
        if (_keys.TryGetValue(key, out var id))
        {
            return id;
        }

        if (_state.FindEqualAhead(key, Now) is { } ahead && !_changed.ContainsKey(ahead))
        {
            return ahead;
        }

        var table = _state.Table;
        for (var place = table.FindByKey(key); place >= 0; place = table.NextOfKey(place))
        {
            if (table[place].StateAt(Now).IsActive() && table[place].Id is var found && !_changed.ContainsKey(found) && !_state.IsAhead(found))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>A number for a new record.</summary>
    public long NextRecord()
    {
        Head = Head with { Records = Head.Records + 1 };
        return Head.Records;
    }

    /// <summary>A number for a new insight's label.</summary>
    public long NextInsight()
    {
        Head = Head with { Insights = Head.Insights + 1 };
        return Head.Insights;
    }

    /// <summary>Stores a record that is new.</summary>
    public void Add(RecordDocument document) => Set(document, reindex: true);

    /// <summary>Changes a record and notes that in its history.</summary>
    /// <param name="document">The record as it is.</param>
    /// <param name="record">What it is to be.</param>
    /// <param name="what">What happens.</param>
    /// <param name="reason">Why.</param>
    /// <param name="session">The session that it comes from.</param>
    /// <param name="key">Its key then; null where the text stays.</param>
    public RecordDocument Change(
        RecordDocument document, MemoryRecord record, MemoryEvent what, string? reason = null, string? session = null, UInt128? key = null)
    {
        var next = document.Changed(record, key ?? document.Key, what, Now, reason, session, out var closed);
        if (closed is not null)
        {
            Put(RecordDocumentIds.Run(document.Id, document.Run), closed.Encode());
        }

        Set(next, reindex: true);
        return next;
    }

    /// <summary>Notes that a record was used.</summary>
    public void Touch(RecordDocument document) => Set(
        document with { Record = document.Record with { AccessCount = document.Record.AccessCount + 1, LastAccessed = Now } }, reindex: false);

    /// <summary>Notes that what a record says was put together with others. It may be lost to another change at the same time: then it is put together again.</summary>
    public void Process(RecordDocument document) => Set(document with { Record = document.Record with { Processed = true } }, reindex: false);

    /// <summary>Removes a record with all of its history.</summary>
    public void Purge(RecordDocument document)
    {
        for (var run = 1; run < document.Run; run++)
        {
            Write(DocumentWrite.Delete(RecordDocumentIds.Run(document.Id, run)));
        }

        if (document.Crowded)
        {
            Write(DocumentWrite.Delete(RecordDocumentIds.Crowded(document.Id)));
        }

        Write(DocumentWrite.Delete(RecordDocumentIds.Record(document.Id)));
        DropVector(document.Id, keep: null);
        Scrub(document);
        Log(RowChange.Gone, document);
        ForgetKey(document.Id);
        _changed[document.Id] = null;
        _reindexed.Add(document.Id);
    }

    /// <summary>Removes the postings that may hold words of a record, of today or before; those of its page are made anew from what is stored then.</summary>
    public void Scrub(RecordDocument document)
    {
        Write(DocumentWrite.Delete(RecordDocumentIds.Postings(_state.Limits.PageOf(document.Number))));
        Scrubs = true;
    }

    /// <summary>Lets something else happen with the changes.</summary>
    /// <param name="write">What is written.</param>
    /// <param name="effect">What happens in memory, under the gate, when it is durable.</param>
    public void Also(DocumentWrite write, Action? effect = null)
    {
        Write(write);
        if (effect is not null)
        {
            _effects.Add(effect);
        }
    }

    /// <summary>Lets something be taken back, under the gate, if the changes take too much to happen together.</summary>
    public void IfRefused(Action undo) => _undoings.Add(undo);

    /// <summary>The changes do not happen.</summary>
    public void Refuse() => _undoings.ForEach(static undo => undo());

    /// <summary>All that is written, with the counters; gives the change its number.</summary>
    public IReadOnlyList<DocumentWrite> Seal()
    {
        if (_changed.Count > 0)
        {
            Step = _state.Log.With(_logged);
            if (Step.Closed is { } page)
            {
                Put(RecordDocumentIds.Log(page.Number), Step.ClosedBytes!);
            }

            Head = Head with { Changes = Head.Changes + 1, Log = Step.OpenBytes };
        }

        if (Head != _state.Head)
        {
            Put(RecordDocumentIds.Head, Head.Encode());
        }

        return _writes;
    }

    private void Set(RecordDocument document, bool reindex)
    {
        Put(RecordDocumentIds.Record(document.Id), document.Encode());
        Log(reindex || _reindexed.Contains(document.Id) ? RowChange.Is : RowChange.Used, document);
        ForgetKey(document.Id);
        _changed[document.Id] = document;
        if (document.StateAt(Now).IsActive())
        {
            _keys[document.Key] = document.Id;
        }

        if (reindex)
        {
            DropVector(document.Id, document.StateAt(Now).IsActive() ? document.Key : null);
            _reindexed.Add(document.Id);
        }
    }

    private void Log(RowChange change, RecordDocument document)
    {
        var row = RecordRow.Of(document, _state.Table.Names);
        var known = _logged.FindIndex(logged => logged.Row.Number == row.Number);
        if (known < 0)
        {
            _logged.Add(new LoggedRow(change, row));
        }
        else
        {
            _logged[known] = new LoggedRow(change, row);
        }
    }

    private void ForgetKey(string id)
    {
        if (_changed.TryGetValue(id, out var before) && before is not null && _keys.TryGetValue(before.Key, out var owner) && owner == id)
        {
            _keys.Remove(before.Key);
        }
    }

    /// <summary>The vector of a text that a record has no more goes with the text. One is stored only of what is durable.</summary>
    private void DropVector(string id, UInt128? keep)
    {
        if (_state.HasVectors && _state.Table.Find(id) is >= 0 and var place && _state.Table[place].Key != keep)
        {
            Write(DocumentWrite.Delete(VectorDocuments.Record(id)));
        }
    }

    private void Put(string id, byte[] body) => Write(DocumentWrite.Put(id, body));

    private void Write(DocumentWrite write)
    {
        // A record that one plan changes twice is written once; a closed run stays.
        var earlier = _writes.FindIndex(w => string.Equals(w.Id, write.Id, StringComparison.Ordinal));
        if (earlier >= 0)
        {
            Bytes -= _writes[earlier].Body.Length;
            _writes[earlier] = write;
        }
        else
        {
            Bytes += write.Id.Length;
            _writes.Add(write);
        }

        Bytes += write.Body.Length;
    }
}
