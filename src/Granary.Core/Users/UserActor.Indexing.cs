using System.Globalization;
using Granary.Core.Actors;
using Granary.Core.Recall.Analysis;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Storage;
using Granary.Core.Users.Indexing;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    private const string SegmentPrefix = "x:";

    /// <summary>Passages that are indexed before a segment of them is written: an activation makes them anew from the sessions' text.</summary>
    private const int SegmentPassages = 1_024;

    /// <summary>Sessions that are read at a time.</summary>
    private const int SessionsAtOnce = 8;

    /// <summary>The most bytes of a segment: what one commit holds, but for what else is in it.</summary>
    private const int MaxSegmentBytes = StorageLimits.MaxBytesPerCommit - 16_384;

    // One at a time brings the index up to date, writes segments or drops them.
    private readonly SemaphoreSlim _indexing = new(1);
    private readonly SemaphoreSlim _segmentSealing = new(1);
    private readonly List<StoredSegment> _segments = [];
    // Sessions that may have more than the index covers. Under the actor's gate.
    private readonly HashSet<string> _unread = new(StringComparer.Ordinal);
    private UserIndex? _index;
    private Task? _opening;
    private Recaller? _recaller;
    private SessionProgress.Watcher? _watcher;
    private long _nextSegment = 1;
    private int _sealedPassages;

    /// <summary>The index with all that is durable at the time of the call.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    private async Task<(UserIndex Index, Recaller Recaller)> CurrentIndexAsync(CancellationToken cancellationToken)
    {
        await OpenedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await _indexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            FindUnread();
            int unread;
            lock (Gate)
            {
                unread = _unread.Count;
            }

            var reader = new SessionReader(Store, Key, _index!);

            // Each on a thread of its own: a store may answer at once, and decoding takes longer then.
            await Task.WhenAll(Enumerable.Range(0, int.Min(unread, SessionsAtOnce)).Select(_ => Task.Run(() => ReadUnreadAsync(reader, cancellationToken), CancellationToken.None)))
                .ConfigureAwait(false);
            if (!_vectorsOpen)
            {
                await OpenVectorsAsync(cancellationToken).ConfigureAwait(false);
            }

            return (_index!, _recaller!);
        }
        finally
        {
            _indexing.Release();
        }
    }

    /// <summary>Reads one session after the other until none is left; several do so at a time.</summary>
    private async Task ReadUnreadAsync(SessionReader reader, CancellationToken cancellationToken)
    {
        while (TakeUnread() is { } session)
        {
            try
            {
                await reader.ReadAsync(session, AddAndSealAsync, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                Heard(session);
                throw;
            }
        }
    }

    /// <summary>Opens the index, once for all who wait for it: who gives up does not end it. One that failed is tried again for the next who asks.</summary>
    private Task OpenedAsync()
    {
        lock (Gate)
        {
            if (_opening is null or { IsFaulted: true })
            {
                _opening = Task.Run(OpenAsync);
            }

            return _opening;
        }

        async Task OpenAsync()
        {
            await _indexing.WaitAsync().ConfigureAwait(false);
            try
            {
                if (_index is null)
                {
                    await OpenIndexAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }
            finally
            {
                _indexing.Release();
            }
        }
    }

    /// <summary>Reads the segments; what they do not cover is read with the sessions.</summary>
    private async Task OpenIndexAsync(CancellationToken cancellationToken)
    {
        // Before anything is read: what grows from now on is heard of.
        var watcher = _services.Progress?.Watch(Key, WakeVectors);
        var index = new UserIndex();
        var records = new RecordFeed(index, _services.Tokens);
        lock (Gate)
        {
            // Records that change while the others are read.
            _records.Index = records;
        }

        _segments.Clear();
        DocumentRange? range = DocumentRange.Prefix(SegmentPrefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                _nextSegment = long.Parse(document.Id.AsSpan(SegmentPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture) + 1;
                _segments.Add(new StoredSegment(document.Id, Load(index, document)));
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        var useless = _segments.Where(segment => segment.Sessions.Count == 0).ToList();
        foreach (var some in useless.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await CommitAsync(new PartitionChange<bool>([.. some.Select(segment => DocumentWrite.Delete(segment.Id))], static () => true)).ConfigureAwait(false);
        }

        _segments.RemoveAll(useless.Contains);
        await LoadPostingsAsync(records, cancellationToken).ConfigureAwait(false);
        _sealedPassages = index.Lexical.UnitCount;
        _recaller = new Recaller(index.Lexical, new RecallOptions());
        _watcher = watcher;
        lock (Gate)
        {
            _unread.UnionWith(_sessions.Keys);
        }

        Volatile.Write(ref _index, index);
    }

    /// <summary>Puts a stored segment into the index.</summary>
    /// <returns>What it covers; nothing if it cannot be used: what it would cover is read anew.</returns>
    private IReadOnlyList<SessionStretch> Load(UserIndex index, Document document)
    {
        try
        {
            if (SegmentDocument.Decode(document.Body, TextAnalyzer.Version) is { } segment)
            {
                lock (index.Gate)
                {
                    index.Load(segment.Sessions, segment.Postings.Span);
                }

                return segment.Sessions;
            }
        }
        catch (InvalidDataException exception)
        {
            LogUnreadable(_services.Logger, exception, document.Id);
        }

        return [];
    }

    [LoggerMessage(1, LogLevel.Warning, "Segment {Segment} of a recall index cannot be read; what it covers is indexed anew")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string segment);

    /// <summary>Takes note of the sessions that may have more than the index covers.</summary>
    private void FindUnread()
    {
        var grown = _watcher?.Take();
        lock (Gate)
        {
            EnsureNotLost();
            _unread.UnionWith(grown ?? (IEnumerable<string>)_sessions.Keys);
            if (_unread.Count == 0)
            {
                return;
            }

            lock (_index!.Gate)
            {
                // A session that is completed and covered up to its end does not change any more.
                _unread.RemoveWhere(id => _sessions.TryGetValue(id, out var listing)
                    && listing.Status == SessionStatus.Completed
                    && _index.Session(id).Covered.NextGap(1).From > listing.LastSequence);
            }
        }
    }

    private string? TakeUnread()
    {
        lock (Gate)
        {
            var session = _unread.FirstOrDefault();
            if (session is not null)
            {
                _unread.Remove(session);
            }

            return session;
        }
    }

    /// <summary>A session told of itself: it may be new, or imported.</summary>
    private void Heard(string session)
    {
        lock (Gate)
        {
            _unread.Add(session);
        }
    }

    /// <summary>Adds a page to the index, and writes a segment if there is enough for one then.</summary>
    private async Task<bool> AddAndSealAsync(Func<bool> add)
    {
        // One at a time: a segment is written with the page that fills it, before others make it too large, and numbered in the order of what it holds.
        await _segmentSealing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!add())
            {
                return false;
            }

            await SealAsync(_index!).ConfigureAwait(false);
            return true;
        }
        finally
        {
            _segmentSealing.Release();
        }
    }

    private async Task SealAsync(UserIndex index)
    {
        byte[] body;
        List<SessionStretch> stretches;
        lock (index.Gate)
        {
            var upTo = index.Lexical.UnitCount;
            if (upTo - _sealedPassages < SegmentPassages)
            {
                return;
            }

            stretches = index.TakeUnsealed();
            body = SegmentDocument.Encode(TextAnalyzer.Version, stretches, index.EncodePostings(_sealedPassages, upTo));
            _sealedPassages = upTo;
        }

        if (body.Length > MaxSegmentBytes)
        {
            // Words that never come again, a megabyte of them: such a stretch is read anew with each activation.
            return;
        }

        var id = SegmentPrefix + _nextSegment++.ToString("d20", CultureInfo.InvariantCulture);
        await CommitAsync(new PartitionChange<bool>([DocumentWrite.Put(id, body)], static () => true)).ConfigureAwait(false);
        _segments.Add(new StoredSegment(id, stretches));
    }

    /// <summary>
    /// Takes an erased session out of the index, stored and in memory, and then does <paramref name="apply"/>. Segments that have something of the session
    /// go as they are; what else they cover is read anew.
    /// </summary>
    private async Task DropFromIndexAsync(string session, Func<Task> apply)
    {
        bool erasing;
        lock (Gate)
        {
            erasing = _erasure is not null;
        }

        if (erasing)
        {
            // All of the index goes with the user, and nobody is answered from it until then.
            await apply().ConfigureAwait(false);
            return;
        }

        await _indexing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_index is null)
            {
                var page = await Store.ReadAsync(Partition, DocumentRange.Prefix(SegmentPrefix) with { Limit = 1 }, CancellationToken.None).ConfigureAwait(false);
                if (page.Documents.Count > 0)
                {
                    await OpenIndexAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }

            var touched = _segments.Where(segment => segment.Holds(session)).ToList();
            foreach (var some in touched.Chunk(StorageLimits.MaxDocumentsPerCommit))
            {
                await CommitAsync(new PartitionChange<bool>([.. some.Select(segment => DocumentWrite.Delete(segment.Id))], static () => true)).ConfigureAwait(false);
            }

            await DropVectorsAsync(session).ConfigureAwait(false);
            await apply().ConfigureAwait(false);
            _segments.RemoveAll(touched.Contains);
            if (_index is not { } index)
            {
                return;
            }

            lock (Gate)
            lock (index.Gate)
            {
                foreach (var stretch in touched.SelectMany(segment => segment.Sessions).Where(stretch => stretch.Session != session))
                {
                    index.Uncover(stretch);
                    _unread.Add(stretch.Session);
                }

                index.RemoveSession(session);
                _unread.Remove(session);
            }

            if (index.Vectors is { } vectors)
            {
                // Of records that went with the session.
                await RemoveRubbishAsync(index, vectors).ConfigureAwait(false);
            }
        }
        finally
        {
            _indexing.Release();
        }
    }
}
