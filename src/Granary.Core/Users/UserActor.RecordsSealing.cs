using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Core.Users.Indexing;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>
/// Keeps what an activation reads small: rows of records stand in pages by their numbers, changes since then in a log; postings in pages of the same
/// numbers. The log is read after the pages and repeats what they may know already, so pages are written one by one, each in a commit of its own.
/// </summary>
internal sealed partial class UserActor
{
    // One at a time writes pages.
    private readonly SemaphoreSlim _sealing = new(1);

    // Pages of postings that lack much of what they should have, found out when they were read. Under the gate.
    private readonly HashSet<long> _poorPages = [];

    // Under the gate.
    private bool _sealingSoon;
    private bool _sweepingSoon;

    /// <summary>Called under the gate after changes were applied.</summary>
    protected override void OnApplied() => LookAfterRows();

    /// <summary>Begins to write pages in the background where it is time. Called under the gate, or before anybody else knows the actor.</summary>
    private void LookAfterRows()
    {
        if (IsLost || _erasure is not null || _tombstone)
        {
            return;
        }

        var log = _records.Log;
        var limits = _records.Limits;
        if (!_sealingSoon && (log.Count > Math.Max(limits.LoggedAtLeast, _records.Table.Count / limits.LoggedShare) || log.Changed > MostChanged()
            || _poorPages.Count > 0 || (_records.Head.Layout == 0 && _records.Table.Count > 0)))
        {
            _sealingSoon = true;
            _ = SealInBackgroundAsync(TimeSpan.Zero);
        }

        if (!_sweepingSoon && log.HasGone)
        {
            _sweepingSoon = true;
            _ = SealInBackgroundAsync(limits.SweepAfter);
        }
    }

    /// <summary>Records that may lack current postings.</summary>
    private int MostChanged() => Math.Max(_records.Limits.LoggedAtLeast, _records.Table.Count / _records.Limits.ChangedShare);

    private async Task SealInBackgroundAsync(TimeSpan after)
    {
        var isSweep = after > TimeSpan.Zero;
        try
        {
            // Never on the caller's turn, who holds the gate.
            await (isSweep ? Task.Delay(after, _time) : Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await SealRecordsAsync(isSweep, CancellationToken.None).ConfigureAwait(false);
            lock (Gate)
            {
                // What was logged meanwhile may be enough for more.
                End();
                LookAfterRows();
            }
        }
        catch (Exception exception)
        {
            // The log is longer than it should be, no more: the next change tries again.
            if (exception is ActivationLostException or MemoryException or StorageException)
            {
                LogNotSealed(_services.Logger, exception, Partition);
            }
            else
            {
                LogSealingFailed(_services.Logger, exception, Partition);
            }

            lock (Gate)
            {
                End();
            }
        }

        void End()
        {
            _sealingSoon &= isSweep;
            _sweepingSoon &= !isSweep;
        }
    }

    /// <summary>Writes the pages that the log tells of, then drops that part of the log.</summary>
    /// <param name="all">Also what was logged just now: nothing that was removed is left.</param>
    /// <param name="cancellationToken">Ends the work between two pages.</param>
    private async Task SealRecordsAsync(bool all, CancellationToken cancellationToken)
    {
        await _sealing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var pump = false;
            lock (Gate)
            {
                EnsureNotLost();
                if (_erasure is not null || _tombstone)
                {
                    return;
                }

                if (all && _records.Log.Closed() is { Closed: { } closed } step)
                {
                    var head = _records.Head with { Log = null };
                    _records.Accept(head, step);
                    pump = Enqueue(new PartitionChange<bool>(
                        [DocumentWrite.Put(RecordDocumentIds.Log(closed.Number), step.ClosedBytes), DocumentWrite.Put(RecordDocumentIds.Head, head.Encode())], static () => true));
                }
            }

            if (pump)
            {
                Pump();
            }

            await SealLoggedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sealing.Release();
        }
    }

    private async Task SealLoggedAsync(CancellationToken cancellationToken)
    {
        List<LogPage> logged;
        Dictionary<long, List<int>> places;
        HashSet<long> changed;
        bool isNew;
        lock (Gate)
        {
            EnsureNotLost();
            logged = [.. _records.Log.Pages];
        }

        // All that these tell is durable then, and in the table.
        await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (Gate)
        {
            EnsureNotLost();
            isNew = _records.Head.Layout == 0;
            changed = [.. logged.SelectMany(page => page.Records).Where(record => record.Changed).Select(record => _records.Limits.PageOf(record.Record)), .. _poorPages];
            _poorPages.Clear();
            places = logged.SelectMany(page => page.Records).Select(record => _records.Limits.PageOf(record.Record)).Concat(changed).Concat(_unknownPages)
                .Distinct().ToDictionary(static page => page, static _ => new List<int>());
            FindPlaces(places, isNew);
            if (isNew)
            {
                changed.UnionWith(places.Keys);
            }
        }

        foreach (var page in places.Keys.Order())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await SealPageAsync(page, places[page], changed.Contains(page), cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        // The oldest first: what is left is what came after.
        foreach (var some in logged.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await CommitAsync(new PartitionChange<bool>(
                [.. some.Select(page => DocumentWrite.Delete(RecordDocumentIds.Log(page.Number)))],
                () =>
                {
                    _records.Log.Drop(some);
                    return true;
                })).ConfigureAwait(false);
        }

        if (isNew)
        {
            await BeginLayoutAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Finds the rows of pages. Called under the gate.</summary>
    /// <param name="places">The pages, filled with the places of their rows.</param>
    /// <param name="all">Whether pages that are missing are added.</param>
    private void FindPlaces(Dictionary<long, List<int>> places, bool all)
    {
        var table = _records.Table;
        for (var place = 0; place < table.Rows; place++)
        {
            if (table[place].Number is > 0 and var number)
            {
                var page = _records.Limits.PageOf(number);
                if (!places.TryGetValue(page, out var rows) && all)
                {
                    places.Add(page, rows = []);
                }

                rows?.Add(place);
            }
        }
    }

    /// <summary>Writes a page of rows and, if their texts changed, the page of their postings.</summary>
    /// <returns>False if the user is being erased.</returns>
    private async Task<bool> SealPageAsync(long page, List<int> places, bool postings, CancellationToken cancellationToken)
    {
        while (true)
        {
            int scrubs;
            lock (Gate)
            {
                EnsureNotLost();
                scrubs = _records.Scrubs;
            }

            DocumentWrite? write = null;
            if (postings)
            {
                // What was removed so far is removed in the store as well: it is not read again.
                await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                write = await MakePostingsAsync(page, places, cancellationToken).ConfigureAwait(false);
            }

            Task written;
            bool pump;
            lock (Gate)
            {
                EnsureNotLost();
                if (_erasure is not null)
                {
                    return false;
                }

                if (write is not null && scrubs != _records.Scrubs)
                {
                    continue;
                }

                var rows = RowsOf(page, places);
                var id = RecordDocumentIds.Rows(page);
                var mine = new PartitionChange<bool>(
                    [rows.Count == 0 ? DocumentWrite.Delete(id) : DocumentWrite.Put(id, RowCodec.Encode(rows, _records.Table.Names))], static () => true);
                if (mine.Bytes > StorageLimits.MaxBytesPerCommit)
                {
                    throw new InvalidOperationException($"The rows of page {page} take {mine.Bytes} bytes, more than one commit.");
                }

                // Two changes, so that they go together only where one commit takes both.
                pump = Enqueue(mine);
                written = mine.Done;
                if (write is { } other)
                {
                    var postingsToo = new PartitionChange<bool>([other], static () => true);
                    Enqueue(postingsToo);
                    written = Task.WhenAll(mine.Done, postingsToo.Done);
                }
            }

            if (pump)
            {
                Pump();
            }

            await written.ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>The rows of a page that are still there. Called under the gate.</summary>
    private List<LoggedRow> RowsOf(long page, List<int> places)
    {
        var rows = new List<LoggedRow>(places.Count);
        foreach (var place in places)
        {
            ref var row = ref _records.Table[place];
            if (row.Number != 0 && _records.Limits.PageOf(row.Number) == page)
            {
                rows.Add(new LoggedRow(RowChange.Is, row));
            }
        }

        return rows;
    }

    /// <summary>Makes a page of postings from what is stored: the page that there is, and the records that it does not know as they are.</summary>
    private async Task<DocumentWrite> MakePostingsAsync(long page, List<int> places, CancellationToken cancellationToken)
    {
        Dictionary<string, (long Number, int Revision)> active;
        lock (Gate)
        {
            EnsureNotLost();
            active = RowsOf(page, places).Where(static logged => (MemoryState)logged.Row.Told == MemoryState.Active).ToDictionary(
                static logged => logged.Row.Id, static logged => (logged.Row.Number, logged.Row.Revision), StringComparer.Ordinal);
        }

        var maker = new PostingsMaker(_services.Tokens);
        var id = RecordDocumentIds.Postings(page);
        var stored = await Store.GetAsync(Partition, [id], cancellationToken).ConfigureAwait(false);
        foreach (var document in stored.Documents)
        {
            if (ReadPostings(document) is { } known)
            {
                maker.Take(known, record => active.TryGetValue(record.Id, out var row) && row == (record.Number, record.Revision));
            }
        }

        var missing = active.Keys.Where(record => !maker.Has(record)).ToList();
        var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        await ReadRecordsAsync(missing, read, cancellationToken, skipUnreadable: true).ConfigureAwait(false);
        foreach (var record in missing)
        {
            if (read.TryGetValue(record, out var document) && document.Record.State == MemoryState.Active)
            {
                maker.Add(document);
            }
        }

        // One that takes too much is read from the records with each activation.
        return maker.Encode() is { Length: > 0 and <= MaxSegmentBytes } body ? DocumentWrite.Put(id, body) : DocumentWrite.Delete(id);
    }

    /// <returns>Null if it cannot be used: what it would tell is read from the records.</returns>
    private PostingsPage? ReadPostings(Document document)
    {
        try
        {
            return PostingsPage.Decode(document.Body.Span);
        }
        catch (InvalidDataException exception)
        {
            LogUnreadable(_services.Logger, exception, document.Id);
            return null;
        }
    }

    /// <summary>From here on the pages and the log tell of all records.</summary>
    private Task BeginLayoutAsync()
    {
        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            var head = _records.Head with { Layout = 1 };
            _records.Accept(head, step: null);
            _unknownPages.Clear();
            change = new PartitionChange<bool>([DocumentWrite.Put(RecordDocumentIds.Head, head.Encode())], static () => true);
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        return change.Done;
    }

    /// <summary>Puts the postings of all records into an index that is being opened: from their pages, and what those do not know from the records.</summary>
    private async Task LoadPostingsAsync(RecordFeed feed, CancellationToken cancellationToken)
    {
        var known = new HashSet<long>();
        var before = Task.FromResult<List<PostingsPage>>([]);
        DocumentRange? range = DocumentRange.Prefix(RecordDocumentIds.PostingsPrefix);
        while (range is { } next)
        {
            // What was read is decoded beside what was decoded before being taken.
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            var decoding = Task.Run(() => page.Documents.Select(ReadPostings).OfType<PostingsPage>().ToList(), CancellationToken.None);
            Take(await before.ConfigureAwait(false));
            before = decoding;
            range = page.Next is null ? null : next with { From = page.Next };
        }

        Take(await before.ConfigureAwait(false));

        List<(string Id, long Number)> missing;
        lock (Gate)
        {
            EnsureNotLost();
            missing = Missing(known);
        }

        await feed.LoadAsync(Store, Partition, missing.ConvertAll(static record => record.Id), cancellationToken).ConfigureAwait(false);
        lock (Gate)
        {
            if (missing.Count > MostChanged())
            {
                _poorPages.UnionWith(missing.Select(record => _records.Limits.PageOf(record.Number)));
                LookAfterRows();
            }
        }

        void Take(List<PostingsPage> pages)
        {
            foreach (var postings in pages)
            {
                feed.Take(postings, Current(postings, known));
            }
        }
    }

    /// <summary>The records that a page of postings knows as they are now, each with how often it was used.</summary>
    private Dictionary<string, int> Current(PostingsPage postings, HashSet<long> known)
    {
        var accesses = new Dictionary<string, int>(StringComparer.Ordinal);
        lock (Gate)
        {
            foreach (var record in postings.Records)
            {
                if (_records.Table.Find(record.Id) is >= 0 and var place)
                {
                    ref var row = ref _records.Table[place];
                    if ((row.Number, row.Revision) == (record.Number, record.Revision) && (MemoryState)row.Told == MemoryState.Active)
                    {
                        known.Add(row.Number);
                        accesses.Add(record.Id, row.Accesses);
                    }
                }
            }
        }

        return accesses;
    }

    /// <summary>The records that are recalled and not among these. Called under the gate.</summary>
    private List<(string Id, long Number)> Missing(HashSet<long> known)
    {
        var missing = new List<(string, long)>();
        for (var place = 0; place < _records.Table.Rows; place++)
        {
            ref var row = ref _records.Table[place];
            if (row.Number != 0 && (MemoryState)row.Told == MemoryState.Active && !known.Contains(row.Number))
            {
                missing.Add((row.Id, row.Number));
            }
        }

        return missing;
    }

    [LoggerMessage(21, LogLevel.Warning, "Rows of records of {Partition} cannot be read; the records are read instead")]
    private static partial void LogUnreadableRows(ILogger logger, Exception exception, string partition);

    [LoggerMessage(22, LogLevel.Debug, "Pages of records of {Partition} were not written")]
    private static partial void LogNotSealed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(23, LogLevel.Warning, "Pages of records of {Partition} could not be written; the next change tries again")]
    private static partial void LogSealingFailed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(24, LogLevel.Warning, "Document {Document} of {Partition} cannot be read; recall does not know its words")]
    private static partial void LogUnreadableRecord(ILogger logger, Exception exception, string document, string partition);
}
