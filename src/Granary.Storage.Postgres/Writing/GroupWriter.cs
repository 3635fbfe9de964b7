using System.Diagnostics;
using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Npgsql;

namespace Granary.Storage.Postgres.Writing;

/// <summary>
/// One of the loops that write: takes what waits in its queue, sends it as one statement and answers the callers when the server has committed;
/// what arrives meanwhile is the next group (group commit, as in DeWitt et al., "Implementation techniques for main memory database systems", 1984).
/// </summary>
internal sealed class GroupWriter
{
    /// <summary>After how long without work a connection is asked whether it still lives, before a group is entrusted to it.</summary>
    private static readonly TimeSpan TrustedIdleTime = TimeSpan.FromMilliseconds(500);

    private readonly NpgsqlDataSource _source;
    private readonly NumberSource _numbers;
    private readonly string _schema;
    private readonly TimeProvider _time;
    private readonly PostgresStoreInstruments _instruments;
    private readonly PostgresStoreHooks _hooks;
    private readonly WriteHealth _health;
    private readonly WriteQueue _queue;
    private readonly List<PendingWrite> _taken = [];
    private readonly List<PendingWrite> _commits = [];
    private readonly List<PendingWrite> _others = [];
    private readonly List<CommitResult> _results = [];
    private readonly Task _running;
    private readonly TimeSpan _gatherTime;
    private WriteSession? _session;
    private int _lastGroupSize;
    private long _lastUse;
    private long _failuresSeen;

    /// <summary>Starts the loop; it connects when there is something to write.</summary>
    public GroupWriter(
        NpgsqlDataSource source, PostgresStoreOptions options, NumberSource numbers, TimeProvider time, PostgresStoreInstruments instruments,
        PostgresStoreHooks hooks, WriteHealth health)
    {
        (_source, _schema, _numbers, _time, _instruments, _hooks, _health) = (source, options.Schema, numbers, time, instruments, hooks, health);
        _gatherTime = options.GatherTime;
        _queue = new WriteQueue(options.MaxGroupCommits, options.MaxGroupBytes);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Queues a write and waits until it is durable.</summary>
    /// <exception cref="StorageException">It failed; its outcome is unknown.</exception>
    /// <exception cref="OperationCanceledException">It was withdrawn before the writer began it.</exception>
    /// <exception cref="ObjectDisposedException">The writer is stopped.</exception>
    public async ValueTask<CommitResult> WriteAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(!_queue.TryAdd(write), typeof(PostgresPartitionStore));
        await using var withdrawal = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingWrite)state!).Withdraw(token), write).ConfigureAwait(false);
        return await write.Done.ConfigureAwait(false);
    }

    /// <summary>Refuses further writes, finishes those that wait and closes the connection.</summary>
    public Task StopAsync()
    {
        _queue.Close();
        return _running;
    }

    private async Task RunAsync()
    {
        while (await _queue.WaitAsync().ConfigureAwait(false))
        {
            if (_hooks.BeforeGroup is { } hook)
            {
                await hook().ConfigureAwait(false);
            }

            await TakeAsync().ConfigureAwait(false);
            foreach (var write in _taken)
            {
                (write.Action is WriteAction.Commit ? _commits : _others).Add(write);
            }

            _taken.Clear();
            if (_commits.Count > 0)
            {
                await TryAsync(_commits, this, static (writer, commits) => writer.CommitAsync(commits)).ConfigureAwait(false);
                _commits.Clear();
            }

            foreach (var write in _others)
            {
                await TryAsync([write], this, static (writer, writes) => writer.ApplyAsync(writes[0])).ConfigureAwait(false);
            }

            _others.Clear();
        }

        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Takes what waits. The callers of the last group were answered a moment ago and are about to come back: waiting for them briefly keeps
    /// them in one group, where taking the first that returns would split them over two syncs for ever.
    /// </summary>
    private async ValueTask TakeAsync()
    {
        _queue.Take(_taken);

        // Real time, not the store's clock: this is about threads, and a clock that a test holds would never end it.
        var started = Stopwatch.GetTimestamp();
        while (_taken.Count < _lastGroupSize && Stopwatch.GetElapsedTime(started) < _gatherTime)
        {
            await Task.Yield();
            _queue.Take(_taken);
        }

        _lastGroupSize = _taken.Count;
    }

    private async Task CommitAsync(List<PendingWrite> commits)
    {
        var started = Stopwatch.GetTimestamp();
        var session = await SessionAsync().ConfigureAwait(false);
        _results.Clear();
        await session.CommitAsync(commits, _results).ConfigureAwait(false);
        Succeeded();
        _instruments.GroupCommitted(commits.Count, Stopwatch.GetElapsedTime(started));
        for (var i = 0; i < commits.Count; i++)
        {
            commits[i].Result = _results[i];
            commits[i].Complete();
        }
    }

    private async Task ApplyAsync(PendingWrite write)
    {
        var session = await SessionAsync().ConfigureAwait(false);
        var result = await session.ApplyAsync(write).ConfigureAwait(false);
        Succeeded();
        write.Result = result;
        write.Complete();
    }

    /// <summary>Does some writes; whatever goes wrong, they are told, the connection goes, and the loop goes on: a loop that died would hang its callers.</summary>
    private async Task TryAsync(List<PendingWrite> writes, GroupWriter writer, Func<GroupWriter, List<PendingWrite>, Task> write)
    {
        try
        {
            await write(writer, writes).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The callers first: they must not depend on what else can fail here.
            foreach (var failed in writes)
            {
                // One exception per caller: those that several threads throw write over each other's stack traces.
                failed.Fail(new StorageException(ServerErrors.Describe(e), e));
            }

            await CloseAsync().ConfigureAwait(false);
            Report(e);
        }
    }

    /// <summary>
    /// The connection, opened if there is none. One that lay idle, or whose server has failed another writer since, is asked first: if it is dead
    /// nothing has been sent on it, so a new one takes its place and no caller has to hear of it.
    /// </summary>
    private async ValueTask<WriteSession> SessionAsync()
    {
        var doubtful = _failuresSeen != _health.Failures || Stopwatch.GetElapsedTime(_lastUse) > TrustedIdleTime;
        if (_session is not null && doubtful && !await _session.AnswersAsync().ConfigureAwait(false))
        {
            await CloseAsync().ConfigureAwait(false);
        }

        _failuresSeen = _health.Failures;
        if (_session is null)
        {
            _session = await WriteSession.OpenAsync(_source, _schema, _numbers, _time).ConfigureAwait(false);
            _instruments.Connected();
        }

        return _session;
    }

    private void Succeeded()
    {
        _lastUse = Stopwatch.GetTimestamp();
        _health.Succeeded();
    }

    private void Report(Exception failure)
    {
        try
        {
            _health.Failed(failure);
            _instruments.Failed("write");
        }
        catch (Exception)
        {
            // A log or a listener that fails has nobody to tell; the loop goes on without it.
        }
    }

    private async Task CloseAsync()
    {
        var session = _session;
        _session = null;
        try
        {
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // It is broken, which is why it goes.
        }
    }
}
