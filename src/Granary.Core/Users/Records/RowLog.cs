namespace Granary.Core.Users.Records;

/// <summary>A document of the log.</summary>
/// <param name="Number">Its number; they rise.</param>
/// <param name="Records">The numbers of the records that it tells of, with whether more than their use changed.</param>
/// <param name="HasGone">Whether one of them was removed.</param>
internal sealed record LogPage(long Number, IReadOnlyList<(long Record, bool Changed)> Records, bool HasGone);

/// <summary>What a change makes of the log, not accepted yet.</summary>
/// <param name="Open">The open page after it, as it is.</param>
/// <param name="OpenBytes">The open page after it, as it is stored; null where it is empty.</param>
/// <param name="Closed">The page that it closed.</param>
/// <param name="ClosedBytes">That page, as it is stored.</param>
internal sealed record LogStep(IReadOnlyList<LoggedRow> Open, byte[]? OpenBytes, LogPage? Closed, byte[]? ClosedBytes);

/// <summary>
/// The log of a user's rows: what changed since the pages of rows were written. Its open page is stored with the counters, so that a change writes no
/// document more for it; a full one becomes a document. Ahead: it knows what is on its way to the store. Not thread-safe: its user's gate guards it.
/// </summary>
/// <param name="limits">How much is logged.</param>
/// <param name="names">What the names of its rows are places in.</param>
internal sealed class RowLog(RecordLimits limits, NameList names)
{
    private readonly List<LogPage> _pages = [];
    private IReadOnlyList<LoggedRow> _open = [];
    private long _next = 1;

    /// <summary>The closed pages, oldest first.</summary>
    public IReadOnlyList<LogPage> Pages => _pages;

    /// <summary>Changes on the closed pages.</summary>
    public int Count { get; private set; }

    /// <summary>Those of them that are not only uses.</summary>
    public int Changed { get; private set; }

    /// <summary>Whether it tells of a record that was removed.</summary>
    public bool HasGone => _open.Any(static row => row.Change == RowChange.Gone) || _pages.Exists(static page => page.HasGone);

    /// <summary>Takes over a closed page that was loaded.</summary>
    public void Load(long number, IReadOnlyList<LoggedRow> rows) => Add(PageOf(number, rows));

    /// <summary>Takes over the open page that was loaded.</summary>
    public void LoadOpen(IReadOnlyList<LoggedRow> rows) => _open = rows;

    /// <summary>What changes make of the log; of two of one record the later one is kept.</summary>
    public LogStep With(IEnumerable<LoggedRow> changes)
    {
        var open = new List<LoggedRow>(_open);
        foreach (var change in changes)
        {
            var known = open.FindIndex(row => row.Row.Number == change.Row.Number);
            if (known < 0)
            {
                open.Add(change);
            }
            else
            {
                // Who is told of a use alone must know the rest already.
                open[known] = change.Change == RowChange.Used ? change with { Change = open[known].Change } : change;
            }
        }

        var bytes = RowCodec.Encode(open, names);
        return bytes.Length <= limits.OpenBytes ? new LogStep(open, bytes, null, null) : Close(open, bytes);
    }

    /// <summary>Closes the open page.</summary>
    public LogStep Closed() => _open.Count == 0 ? new LogStep(_open, null, null, null) : Close(_open, RowCodec.Encode(_open, names));

    /// <summary>A step is on its way to the store.</summary>
    public void Accept(LogStep step)
    {
        _open = step.Open;
        if (step.Closed is not null)
        {
            Add(step.Closed);
        }
    }

    /// <summary>Pages are no more: the rows stand in their own.</summary>
    public void Drop(IReadOnlyCollection<LogPage> pages)
    {
        foreach (var page in pages)
        {
            if (_pages.Remove(page))
            {
                Count -= page.Records.Count;
                Changed -= page.Records.Count(static record => record.Changed);
            }
        }
    }

    private LogStep Close(IReadOnlyList<LoggedRow> rows, byte[] bytes) => new([], null, PageOf(_next, rows), bytes);

    private void Add(LogPage page)
    {
        _pages.Add(page);
        _next = page.Number + 1;
        Count += page.Records.Count;
        Changed += page.Records.Count(static record => record.Changed);
    }

    private static LogPage PageOf(long number, IReadOnlyList<LoggedRow> rows) => new(
        number, [.. rows.Select(static row => (row.Row.Number, row.Change != RowChange.Used))], rows.Any(static row => row.Change == RowChange.Gone));
}
