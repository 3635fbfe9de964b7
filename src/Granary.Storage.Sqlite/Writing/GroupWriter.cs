using System.Diagnostics;
using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// The one thread that writes. It takes what waits in the queue, applies it in one transaction, commits, and only then answers the callers:
/// many commits share one sync of the disk (group commit, as in DeWitt et al., "Implementation techniques for main memory database systems", 1984).
/// </summary>
internal sealed partial class GroupWriter : IDisposable
{
    /// <summary>Pause before the writer's own work (the removal of erased documents, the copy of the log) is tried again after a failure.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for readers to leave the log before it is emptied; they hold it for one page.</summary>
    private static readonly TimeSpan ReaderWait = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private readonly SqliteStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly SqliteStoreInstruments _instruments;
    private readonly SqliteStoreHooks _hooks;
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly WriteHealth _health;
    private readonly WriteQueue _queue = new();
    private readonly List<PendingWrite> _group = [];
    private readonly List<PendingWrite> _erasing = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriteSession? _session;
    private int _lastGroupSize;
    private int _pagesInLog;
    private bool _logHoldsErased;
    private bool _copyFails;

    /// <summary>Opens the writer's connection on a database that has its tables, and starts the thread.</summary>
    /// <exception cref="SqliteFailure">The connection cannot be opened.</exception>
    public GroupWriter(
        string path, SqliteStoreOptions options, TimeProvider time, SqliteStoreInstruments instruments, SqliteStoreHooks hooks, ILogger logger)
    {
        (_path, _options, _time, _instruments, _hooks, _logger) = (path, options, time, instruments, hooks, logger);
        _health = new WriteHealth(options.Folder, time, logger);
        _session = WriteSession.Open(path, options.WriterCacheKiB, time);
        new Thread(Run) { Name = "Granary SQLite writer", IsBackground = true }.Start();
    }

    /// <summary>Queues a write and waits until it is durable.</summary>
    /// <exception cref="StorageException">The transaction failed.</exception>
    /// <exception cref="OperationCanceledException">It was withdrawn before the writer began it.</exception>
    /// <exception cref="ObjectDisposedException">The writer is stopped.</exception>
    public async ValueTask<CommitResult> WriteAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(!_queue.TryAdd(write), typeof(SqlitePartitionStore));
        await using var withdrawal = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingWrite)state!).Withdraw(token), write).ConfigureAwait(false);
        return await write.Done.ConfigureAwait(false);
    }

    /// <summary>Refuses further writes, finishes those that wait and empties the log. The connection stays open until <see cref="Dispose"/>.</summary>
    public Task StopAsync()
    {
        _queue.Close();
        return _stopped.Task;
    }

    public void Dispose() => _session?.Dispose();

    private void Run()
    {
        while (true)
        {
            var write = _queue.Take(Patience());
            if (write is null && _queue.IsClosed && (!HasErasures || _health.IsFailing))
            {
                break;
            }

            if (write is not null || HasErasures)
            {
                WriteGroup(write);
            }

            KeepLogShort(write is null);
        }

        CopyLog(empty: true);
        _stopped.SetResult();
    }

    private bool HasErasures => _session is { HasErasures: true };

    /// <summary>How long to sleep when nothing waits: not at all with work of one's own, a moment if that failed.</summary>
    private TimeSpan Patience()
    {
        if (HasErasures)
        {
            return _health.IsFailing ? RetryPause : TimeSpan.Zero;
        }

        return !_logHoldsErased ? Timeout.InfiniteTimeSpan : _copyFails ? RetryPause : ReaderWait;
    }

    private void WriteGroup(PendingWrite? first)
    {
        var started = Stopwatch.GetTimestamp();
        _group.Clear();
        try
        {
            if (first is not null)
            {
                _group.Add(first);
            }

            var session = _session ??= WriteSession.Open(_path, _options.WriterCacheKiB, _time);
            _hooks.BeforeGroup?.Invoke(session.Database);
            session.Begin();
            ApplyWaiting(session, started);
            RemoveErased(session);
            _hooks.BeforeCommit?.Invoke(_group.Count);
            session.Commit();
        }
        catch (Exception e)
        {
            // Whatever it was, the thread goes on: a writer that has died would hang every caller to come.
            FailGroup(e);
            return;
        }

        NoteWritten(_session.Database.TakePagesWritten());
        _instruments.GroupCommitted(_group.Count, Stopwatch.GetElapsedTime(started));
        _lastGroupSize = _group.Count;
        AnswerGroup(_session);
    }

    /// <summary>
    /// Applies writes as they come until none waits. The callers of the last group were answered a moment ago and are about to come back:
    /// waiting for them briefly keeps them in one group, where taking the first that returns would split them over two syncs for ever.
    /// </summary>
    private void ApplyWaiting(WriteSession session, long started)
    {
        var bytes = 0L;
        foreach (var write in _group)
        {
            session.Apply(write);
            bytes += write.Bytes;
        }

        while (_group.Count < _options.MaxGroupCommits && bytes < _options.MaxGroupBytes)
        {
            if (_queue.TryTake() is { } write)
            {
                _group.Add(write);
                session.Apply(write);
                bytes += write.Bytes;
            }
            else if (_group.Count < _lastGroupSize && Stopwatch.GetElapsedTime(started) < _options.GatherTime)
            {
                // Real time, not the store's clock: this is about threads, and a clock that a test holds would never end it.
                Thread.Yield();
            }
            else
            {
                return;
            }
        }
    }

    private void RemoveErased(WriteSession session)
    {
        if (session.HasErasures)
        {
            session.RemoveErased();
            _logHoldsErased = true;
        }
    }

    private void AnswerGroup(WriteSession session)
    {
        foreach (var write in _group)
        {
            if (write.Action is WriteAction.Erase && session.IsErasing(write.Partition))
            {
                _erasing.Add(write);
            }
            else
            {
                write.Complete();
            }
        }

        for (var i = _erasing.Count - 1; i >= 0; i--)
        {
            if (!session.IsErasing(_erasing[i].Partition))
            {
                _erasing[i].Complete();
                _erasing.RemoveAt(i);
            }
        }
    }

    private void NoteWritten(int pages)
    {
        _pagesInLog += pages;
        if (pages > 0)
        {
            // A group of refused commits writes nothing and so says nothing about the disk.
            _health.Succeeded();
        }
    }

    private void FailGroup(Exception exception)
    {
        TryRollback();
        _health.Failed(exception);
        _instruments.Failed("write");
        _lastGroupSize = 0;
        foreach (var write in _group)
        {
            write.Fail(Error(exception));
        }

        foreach (var write in _erasing)
        {
            write.Fail(Error(exception));
        }

        _erasing.Clear();
    }

    /// <summary>One per caller: exceptions that several threads throw write over each other's stack traces.</summary>
    private static StorageException Error(Exception exception) => new(WriteHealth.Describe(exception), exception);

    private void TryRollback()
    {
        try
        {
            _session?.Rollback();
        }
        catch (SqliteFailure)
        {
            // The connection does not know any more where it stands; the next group opens another.
            _session!.Dispose();
            _session = null;
        }
    }

    /// <summary>Copies the log when it has grown, and empties it when it holds erased text and nobody waits for the writer.</summary>
    private void KeepLogShort(bool idle)
    {
        if (_pagesInLog >= _options.CheckpointPages || (_logHoldsErased && idle && !HasErasures))
        {
            CopyLog(empty: _logHoldsErased);
        }
    }

    private void CopyLog(bool empty)
    {
        _pagesInLog = 0;
        if (_session is null)
        {
            return;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            _session.Database.SetBusyTimeout(ReaderWait);
            var done = _session.Database.Checkpoint(empty);
            _session.Database.SetBusyTimeout(BusyTimeout);
            _logHoldsErased &= !(empty && done);
            _copyFails = false;
            _instruments.Checkpointed(Stopwatch.GetElapsedTime(started));
        }
        catch (SqliteFailure e)
        {
            _instruments.Failed("checkpoint");
            if (!_copyFails)
            {
                LogCopyFails(_options.Folder, e.Advice, e);
            }

            _copyFails = true;
        }
    }
}
