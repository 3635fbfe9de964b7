using System.Diagnostics;
using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Sqlite.Interop;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// The one thread that writes. It takes what waits in the queue, applies it in one transaction, commits, and only then answers the callers:
/// many commits share one sync of the disk (group commit, as in DeWitt et al., "Implementation techniques for main memory database systems", 1984).
/// </summary>
internal sealed class GroupWriter : IDisposable
{
    /// <summary>Pause before the removal of erased documents is tried again after a failure.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly SqliteStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly SqliteStoreInstruments _instruments;
    private readonly SqliteStoreHooks _hooks;
    private readonly string _path;
    private readonly WriteHealth _health;
    private readonly Housekeeping _house;
    private readonly WriteQueue _queue = new();
    private readonly List<PendingWrite> _group = [];
    private readonly List<PendingWrite> _erasing = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriteSession? _session;
    private int _lastGroupSize;

    /// <summary>Opens the writer's connection on a database that has its tables, and starts the thread.</summary>
    /// <exception cref="SqliteFailure">The connection cannot be opened.</exception>
    public GroupWriter(
        string path, SqliteStoreOptions options, TimeProvider time, SqliteStoreInstruments instruments, SqliteStoreHooks hooks, ILogger logger)
    {
        (_path, _options, _time, _instruments, _hooks) = (path, options, time, instruments, hooks);
        _health = new WriteHealth(options.Folder, time, logger);
        _house = new Housekeeping(options, instruments, logger);
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
        _house.Yield();
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
            var write = _queue.Take(Patience(), out var finished);
            if (finished && (!HasErasures || _health.IsFailing))
            {
                break;
            }

            if (write is not null || HasErasures)
            {
                WriteGroup(write);
            }

            if (_session is not null)
            {
                _house.Keep(_session, idle: write is null && !HasErasures);
            }
        }

        if (_session is not null)
        {
            _house.Finish(_session);
        }

        _stopped.SetResult();
    }

    private bool HasErasures => _session is { HasErasures: true };

    /// <summary>How long to sleep when nothing waits: not at all with erased documents to remove, a moment if that failed.</summary>
    private TimeSpan Patience() =>
        !HasErasures ? _house.Patience : _health.IsFailing ? RetryPause : TimeSpan.Zero;

    private void WriteGroup(PendingWrite? first)
    {
        var started = Stopwatch.GetTimestamp();
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
            session.RemoveErased();
            _hooks.BeforeCommit?.Invoke(_group.Count);
            session.Commit();
        }
        catch (Exception e)
        {
            // Whatever it was, the thread goes on: a writer that has died would hang every caller to come.
            FailGroup(e);
            return;
        }

        NoteWritten(_session);
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

        _group.Clear();
        for (var i = _erasing.Count - 1; i >= 0; i--)
        {
            if (!session.IsErasing(_erasing[i].Partition))
            {
                _erasing[i].Complete();
                _erasing.RemoveAt(i);
            }
        }
    }

    private void NoteWritten(WriteSession session)
    {
        var pages = session.Database.TakePagesWritten();
        if (pages > 0)
        {
            // A group of refused commits writes nothing and so says nothing about the disk.
            _health.Succeeded();
            _house.Written(pages, session.TakeErased());
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

        _group.Clear();
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
        catch (Exception)
        {
            // The connection does not know any more where it stands; the next group opens another.
            _session!.Dispose();
            _session = null;
        }
    }
}
