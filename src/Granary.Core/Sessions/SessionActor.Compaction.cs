using System.Text.Json;
using Granary.Core.Actors;
using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    // One compaction at a time; the next waits for it.
    private Task _compaction = Task.CompletedTask;
    private int _background;
    private int _compactionFailures;
    private string? _compactionError;
    private DateTimeOffset? _compactionRetry;

    // A due compaction that found nothing to fold is not tried again before the transcript has grown by a quarter.
    private int _futileBelow;

    private sealed record Window(CompactionPlan Plan, IReadOnlyList<TranscriptEntry> Entries, Snapshot Snapshot, int Epoch, bool Overflows);

    /// <summary>Compacts now.</summary>
    public async Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken)
    {
        if (options.Threshold is { } threshold && threshold is not (> 0 and <= 1))
        {
            throw new InvalidRequestException("threshold", "must be above 0 and at most 1");
        }

        if (options.Strategy is { } strategy && !Enum.IsDefined(strategy))
        {
            throw new InvalidRequestException("strategy", "is not a known strategy");
        }

        while (true)
        {
            Task running;
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (Gate)
            {
                ReadableHead();
                running = _compaction;
                if (running.IsCompleted)
                {
                    if (!options.DryRun && Policy.Resource.ReadOnly)
                    {
                        throw new AccessDeniedException(ErrorCodes.ReadOnly, $"The memory resource '{Policy.Resource.Name}' is read-only.");
                    }

                    _compaction = mine.Task;
                }
            }

            if (!running.IsCompleted)
            {
                await running.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            Interlocked.Increment(ref _background);
            CompactResult result;
            try
            {
                result = await CompactOnceAsync(options, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _background);
                mine.SetResult();
            }

            // Appends that came meanwhile found a compaction under way and started none.
            WakeBackground();
            return result;
        }
    }

    /// <summary>Starts what is due: a compaction, a delivery. Called after each change, outside the gate.</summary>
    private void WakeBackground(bool deliver = true)
    {
        bool compact, learn;
        lock (Gate)
        {
            if (IsLost)
            {
                return;
            }

            compact = CompactionIsDue();
            learn = LearningIsDue();
            deliver &= _outbox.Count > 0 && !_delivering;
        }

        if (compact)
        {
            RunInBackground(static session => session.CompactUnattendedAsync(CancellationToken.None));
        }

        if (learn)
        {
            RunInBackground(static session => session.LearnUnattendedAsync(rest: false, CancellationToken.None));
        }

        if (deliver)
        {
            RunInBackground(static session => session.DeliverUnattendedAsync());
        }
    }

    /// <summary>Counts the work before it begins, so that the activation is not evicted between the two.</summary>
    private void RunInBackground(Func<SessionActor, Task> work)
    {
        Interlocked.Increment(ref _background);
        _ = Task.Run(async () =>
        {
            try
            {
                await work(this).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _background);
            }
        });
    }

    private bool CompactionIsDue() =>
        _head is { Phase: SessionPhase.Active }
        && _compaction.IsCompleted
        && _transcript.Entries.Count >= _futileBelow
        && !(_compactionRetry > _services.Time.GetUtcNow())
        && !Policy.Resource.ReadOnly
        && CompactionTrigger.IsDue(_transcript.Size, Policy.Resource);

    private async Task CompactUnattendedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CompactAsync(new CompactOptions(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is MemoryException or ActivationLostException)
        {
            // The session is gone, lost or busy failing: whoever calls next finds out.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TryNoteFailureAsync("It took too long or the host stops.").ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogCompactionFailed(_services.Logger, exception, Key.Session);
            await TryNoteFailureAsync(exception.Message).ConfigureAwait(false);
        }
    }

    /// <summary>Without the pause that a noted failure makes, every append would start what fails anew.</summary>
    private async Task TryNoteFailureAsync(string error)
    {
        try
        {
            await NoteFailureAsync(error).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is MemoryException or ActivationLostException)
        {
            // The session is gone or lost: whoever calls next finds out.
        }
    }

    private async Task<CompactResult> CompactOnceAsync(CompactOptions options, CancellationToken cancellationToken)
    {
        Window? window;
        lock (Gate)
        {
            ReadableHead();
            if (!options.DryRun)
            {
                CheckAppendable(_nextHead!);
            }

            window = PlanWindow(options);
            if (window is null || options.DryRun)
            {
                if (window is null && !options.DryRun && options is { Force: false, Strategy: null, Threshold: null })
                {
                    _futileBelow = CompactionTrigger.IsDue(_transcript.Size, Policy.Resource) ? _transcript.Entries.Count + (_transcript.Entries.Count / 4) + 1 : 0;
                }

                return ResultOf(options, window);
            }
        }

        Summary summary;
        try
        {
            summary = await AskSummarizerAsync(Heard(window.Entries), window.Snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogSummarizerFailed(_services.Logger, exception, Key.Session);
            if (!window.Overflows)
            {
                return await FailedAsync(options, window, exception.Message).ConfigureAwait(false);
            }

            // The context would no longer fit: fold at once, without a model.
            summary = await AskFallbackAsync(Heard(window.Entries), window.Snapshot, cancellationToken).ConfigureAwait(false) with { Fallback = exception.Message };
        }

        bool folded;
        try
        {
            folded = await ApplyWindowAsync(window, summary).ConfigureAwait(false);
        }
        catch (InvalidOperationException exception)
        {
            LogCompactionFailed(_services.Logger, exception, Key.Session);
            return await FailedAsync(options, window, exception.Message).ConfigureAwait(false);
        }

        MemoryInstruments.Compacted(NameOf(window.Plan.Strategy), folded ? "applied" : "superseded", folded ? window.Plan.Folded.Count : 0);
        lock (Gate)
        {
            return ResultOf(options, window) with
            {
                SummaryGenerated = folded && summary.Episode.Length > 0,
                SummaryFallback = folded ? summary.Fallback : null,
                FoldedMessages = folded ? window.Plan.Folded.Count : 0,
                Error = folded ? null : "The session changed its epoch or its last answer meanwhile; nothing was folded.",
                Success = folded,
            };
        }
    }

    private async Task<CompactResult> FailedAsync(CompactOptions options, Window window, string error)
    {
        MemoryInstruments.Compacted(NameOf(window.Plan.Strategy), "failed", folded: 0);
        await NoteFailureAsync(error).ConfigureAwait(false);
        lock (Gate)
        {
            return ResultOf(options, window) with { Success = false, Error = error };
        }
    }

    private Window? PlanWindow(CompactOptions options)
    {
        if (CompactionPlanner.Plan(_transcript.Entries, _transcript.Size, Policy.Resource, options) is not { } plan || plan.Folded.Count == 0)
        {
            return null;
        }

        var folded = plan.Folded.ToHashSet();
        return new Window(
            plan,
            [.. _transcript.Entries.Where(e => folded.Contains(e.Message.Sequence))],
            _transcript.Snapshot,
            _transcript.Epoch,
            _transcript.Tokens >= Policy.Resource.Budget.InputBudget());
    }

    /// <returns>False if the epoch the window belongs to is over, or a message of the window was superseded.</returns>
    private async Task<bool> ApplyWindowAsync(Window window, Summary summary)
    {
        var policy = Policy.Resource;
        var snapshot = SnapshotBuilder.Merge(
            window.Snapshot,
            summary,
            window.Plan.Folded[0],
            window.Plan.Folded[^1],
            SnapshotBuilder.MaxTokens(policy),
            _services.Tokens,
            policy.Budget.Model);
        var folded = window.Plan.Folded.ToHashSet();
        var tailStart = window.Plan.Folded[^1] + 1;

        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            if (_nextHead is not { Phase: SessionPhase.Active } || _nextHead.Epoch != window.Epoch || IsSuperseded(window))
            {
                return false;
            }

            change = NextEpoch(snapshot, Math.Max(tailStart, _transcript.TailStart), sequence => !folded.Contains(sequence), NameOf(window.Plan.Strategy));
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        return await change.Done.ConfigureAwait(false);
    }

    /// <summary>Whether something of a window of this epoch left the view since it was planned, or is about to. Called under the gate.</summary>
    private bool IsSuperseded(Window window)
    {
        if (_superseding <= window.Plan.Folded[^1])
        {
            return true;
        }

        // Both are in the order of their sequences.
        var found = 0;
        foreach (var entry in _transcript.Entries)
        {
            found += found < window.Plan.Folded.Count && entry.Message.Sequence == window.Plan.Folded[found] ? 1 : 0;
        }

        return found < window.Plan.Folded.Count;
    }

    /// <summary>The change that begins the next epoch. Called under the gate; throws before anything is changed.</summary>
    /// <exception cref="InvalidOperationException">It does not fit into a commit.</exception>
    private PartitionChange<bool> NextEpoch(Snapshot snapshot, long tailStart, Predicate<long> stays, string cause)
    {
        var now = Now();
        var kept = new List<KeptMessages>();
        foreach (var group in _transcript.Entries.Where(e => e.Message.Sequence < tailStart && stays(e.Message.Sequence)).GroupBy(e => e.Document))
        {
            kept.Add(new KeptMessages(group.Key, [.. group.Select(e => e.Message.Sequence)]));
        }

        var document = new EpochDocument
        {
            Snapshot = snapshot,
            TailStart = tailStart,
            Kept = kept,
            AtSequence = _nextCounters.LastSequence,
            StartTime = now,
            Cause = cause,
        };
        var next = _nextHead! with { Epoch = _nextHead.Epoch + 1, ResourceRevision = Policy.Resource.Revision };
        var tokens = SnapshotTokens(snapshot);
        var body = document.Encode();
        if (body.Length > StorageLimits.MaxBytesPerCommit - SessionHead.MaxBytes - 4096)
        {
            throw new InvalidOperationException($"The epoch keeps {kept.Count} appends apart and takes {body.Length} bytes, more than a commit does.");
        }

        var newHead = next.Encode();
        _nextHead = next;
        _compactionFailures = 0;
        _compactionError = null;
        _compactionRetry = null;
        _futileBelow = 0;
        return new PartitionChange<bool>(
            [
                DocumentWrite.Put(SessionDocumentIds.Epoch(next.Epoch), body),
                DocumentWrite.Put(SessionDocumentIds.Head, newHead),
            ],
            () =>
            {
                ApplyHead(next);
                _transcript.Reset(next.Epoch, now, cause, snapshot, tokens, tailStart, stays);
                return true;
            });
    }

    private async Task NoteFailureAsync(string error)
    {
        PartitionChange<bool> change;
        lock (Gate)
        {
            _compactionFailures++;
            _compactionError = error;
            var delay = TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Min(_compactionFailures - 1, 16)));
            _compactionRetry = _services.Time.GetUtcNow() + delay;
            change = new PartitionChange<bool>([], () => true);
        }

        // Only the due time is written: maintenance tries again even if nobody calls the session.
        await CommitAsync(change).ConfigureAwait(false);
    }

    private CompactResult ResultOf(CompactOptions options, Window? window) => new()
    {
        Success = true,
        SessionId = Key.Session,
        SummaryGenerated = false,
        MessageCount = _transcript.Entries.Count,
        TokenCount = _transcript.Tokens,
        FoldedMessages = options.DryRun ? window?.Plan.Folded.Count ?? 0 : 0,
        DryRun = options.DryRun,
        WouldFlush = window is not null,
        ActualStrategy = window?.Plan.Strategy ?? options.Strategy ?? Policy.Resource.Compaction.Strategy,
        Epoch = _transcript.Epoch,
    };

    /// <summary>The session's health.</summary>
    public SessionHealth GetHealth()
    {
        lock (Gate)
        {
            ReadableHead();
            return Health();
        }
    }

    private SessionHealth Health() => new()
    {
        Healthy = _compactionFailures == 0 && _transcript.Tokens <= Policy.Resource.Budget.InputBudget(),
        ActualStrategy = _compaction.IsCompleted
            ? NameOf(Policy.Resource.Compaction.Strategy)
            : "flush_pending",
        LastFlush = _transcript.Epoch > 1 ? _transcript.EpochStart : null,
        ConsecutiveFailures = _compactionFailures,
        ErrorMessage = _compactionError,
        CurrentTokens = _transcript.Tokens,
        MessageCount = _transcript.Entries.Count,
    };

    private static string NameOf(CompactionStrategy strategy) => JsonNamingPolicy.SnakeCaseLower.ConvertName(strategy.ToString());
}
