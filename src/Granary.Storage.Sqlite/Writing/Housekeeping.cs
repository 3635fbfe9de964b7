using System.Diagnostics;
using Granary.Storage.Sqlite.Interop;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// What the writer does between groups, after its callers have their answers: copies the log into the database when it has grown; when nobody
/// waits, empties it, and writes the database anew if erased text may be left in it.
/// </summary>
/// <remarks>
/// All of it on the writer's own connection: SQLite before 3.51.3 can damage a database when one connection copies the log at the very moment
/// when another writes (the "WAL-reset bug", https://www.sqlite.org/wal.html). Times are real ones and not the store's clock, because they
/// say how long a thread sleeps.
/// </remarks>
internal sealed partial class Housekeeping(SqliteStoreOptions options, SqliteStoreInstruments instruments, ILogger logger)
{
    /// <summary>How long nothing must be asked of the writer for it to count as idle.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromMilliseconds(100);

    /// <summary>When a log that holds nothing erased is emptied: what was replaced or deleted in it goes too, if not at once.</summary>
    private static readonly TimeSpan EmptyInterval = TimeSpan.FromMinutes(1);

    /// <summary>Pause before something that failed or gave way to a writer is tried again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait for readers to leave the log; they hold it for one page.</summary>
    private static readonly TimeSpan ReaderWait = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private Database? _compacting;
    private int _pagesSinceCopy;
    private TimeSpan? _emptyAt;

    // Perhaps erasures of an earlier process left something to do; the session knows.
    private TimeSpan? _compactAt = TimeSpan.Zero;
    private bool _copyFails;
    private bool _compactionFails;

    /// <summary>How long the writer may sleep before <see cref="Keep"/> has something to do.</summary>
    public TimeSpan Patience
    {
        get
        {
            var next = _emptyAt is null || _compactAt < _emptyAt ? _compactAt : _emptyAt;
            if (next is not { } at)
            {
                return Timeout.InfiniteTimeSpan;
            }

            var left = at - _clock.Elapsed;
            return left > IdleTime ? left : IdleTime;
        }
    }

    /// <summary>Notes what a group wrote to the log.</summary>
    public void Written(int pages, bool erased)
    {
        _pagesSinceCopy += pages;
        if (erased)
        {
            _emptyAt = _compactAt = _clock.Elapsed;
        }
        else
        {
            _emptyAt ??= _clock.Elapsed + EmptyInterval;
        }
    }

    /// <summary>Does what is to be done now.</summary>
    /// <param name="session">The writer's session, without an open transaction.</param>
    /// <param name="idle">Whether nobody has asked anything of the writer for a while.</param>
    public void Keep(WriteSession session, bool idle)
    {
        if (idle && _compactAt <= _clock.Elapsed)
        {
            Compact(session);
        }

        var shouldEmpty = _emptyAt <= _clock.Elapsed;
        if (_pagesSinceCopy >= options.CheckpointPages || (idle && shouldEmpty))
        {
            CopyLog(session.Database, shouldEmpty);
        }
    }

    /// <summary>Leaves the database in order before it is closed.</summary>
    public void Finish(WriteSession session)
    {
        if (_compactAt is not null)
        {
            Compact(session);
        }

        CopyLog(session.Database, empty: true);
    }

    /// <summary>Makes the writer's thread give way to a write that has come; called on any thread.</summary>
    public void Yield()
    {
        lock (_gate)
        {
            _compacting?.Interrupt();
        }
    }

    private void CopyLog(Database database, bool empty)
    {
        var started = Stopwatch.GetTimestamp();
        _pagesSinceCopy = 0;
        try
        {
            database.SetBusyTimeout(ReaderWait);
            var done = database.Checkpoint(empty);
            instruments.Checkpointed(Stopwatch.GetElapsedTime(started));
            _copyFails = false;
            if (empty)
            {
                _emptyAt = done ? null : _clock.Elapsed;
            }
        }
        catch (SqliteFailure e) when (e.IsInterrupt)
        {
            // A write came when a compaction had just ended: SQLite keeps its interruption for whatever runs next.
            _emptyAt = _clock.Elapsed;
        }
        catch (SqliteFailure e)
        {
            instruments.Failed("checkpoint");
            _emptyAt = _clock.Elapsed + RetryPause;
            if (!_copyFails)
            {
                LogCopyFails(options.Folder, e.Advice, e);
            }

            _copyFails = true;
        }
        finally
        {
            database.SetBusyTimeout(WriteSession.BusyTimeout);
        }
    }

    private void Compact(WriteSession session)
    {
        _compactAt = null;
        try
        {
            if (session.NeedsCompaction && session.Database.Size <= options.CompactLimit)
            {
                SetCompacting(session.Database);
                session.Compact();
                _emptyAt = _clock.Elapsed;
            }

            _compactionFails = false;
        }
        catch (SqliteFailure e)
        {
            _compactAt = _clock.Elapsed + RetryPause;
            if (!e.IsInterrupt && !_compactionFails)
            {
                LogCompactionFails(options.Folder, e.Advice, e);
            }

            _compactionFails = !e.IsInterrupt;
        }
        finally
        {
            SetCompacting(null);
        }
    }

    private void SetCompacting(Database? database)
    {
        lock (_gate)
        {
            _compacting = database;
        }
    }
}
