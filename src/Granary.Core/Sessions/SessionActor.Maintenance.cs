using Granary.Core.Actors;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>How long an import may be silent before what it left is cleared away.</summary>
    private static readonly TimeSpan ImportLifetime = TimeSpan.FromHours(1);

    /// <summary>Does what is due: finishes what a crash left, delivers, compacts, learns, ends and erases by age. Called by the maintenance shard.</summary>
    public async Task MaintainAsync(CancellationToken cancellationToken)
    {
        SessionPhase? phase;
        lock (Gate)
        {
            EnsureNotLost();
            phase = _nextHead?.Phase;
        }

        switch (phase)
        {
            case SessionPhase.Deleting:
                await DeleteAsync(ifMatch: null, cancellationToken).ConfigureAwait(false);
                return;
            case SessionPhase.Importing when ImportIsStale():
                await WipeAsync().ConfigureAwait(false);
                return;
            case SessionPhase.Active or SessionPhase.Completed:
                try
                {
                    await DeliverAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (ErasedException)
                {
                    // It went with its user.
                    return;
                }

                if (await RetireAsync(cancellationToken).ConfigureAwait(false))
                {
                    return;
                }

                bool compact;
                lock (Gate)
                {
                    compact = CompactionIsDue();
                }

                if (compact)
                {
                    await CompactUnattendedAsync(cancellationToken).ConfigureAwait(false);
                }

                ForgetPastRetry();
                await LearnDueAsync(cancellationToken).ConfigureAwait(false);
                break;
            case null when IsAbsent():
                return;
        }

        // Whatever was due is done: the store learns the next time, or that there is none.
        await CommitAsync(new PartitionChange<bool>([], static () => true)).ConfigureAwait(false);
    }

    /// <summary>A retry whose time has come was made or is not due any more; left as it is it would keep the session due for ever.</summary>
    private void ForgetPastRetry()
    {
        lock (Gate)
        {
            if (_compactionRetry <= _services.Time.GetUtcNow())
            {
                _compactionRetry = null;
            }
        }
    }

    /// <summary>Whether there is no partition whose due time could be cleared: a commit would make one.</summary>
    private bool IsAbsent()
    {
        lock (Gate)
        {
            return Version == PartitionVersion.None;
        }
    }

    /// <returns>Whether the session was erased.</returns>
    private async Task<bool> RetireAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? end, erase;
        lock (Gate)
        {
            (end, erase) = Retention();
        }

        var now = _services.Time.GetUtcNow();
        if (erase <= now)
        {
            await DeleteAsync(ifMatch: null, cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (end <= now)
        {
            await EndAsync(cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private (DateTimeOffset? End, DateTimeOffset? Erase) Retention()
    {
        var policy = Policy.Resource.Retention;
        var used = LastUpdated(_nextHead!, _nextCounters);
        return (
            _nextHead!.Phase == SessionPhase.Active && !Policy.Resource.ReadOnly && policy.EndAfterIdleDays is { } idle ? After(used, idle) : null,
            policy.EraseAfterDays is { } days ? After(_nextHead.EndTime ?? used, days) : null);
    }

    protected override DateTimeOffset? DueAt()
    {
        if (_nextHead is null)
        {
            return null;
        }

        var now = _services.Time.GetUtcNow();
        switch (_nextHead.Phase)
        {
            case SessionPhase.Importing:
                return now + ImportLifetime;
            case SessionPhase.Deleting:
                return now + OutboxDue;
        }

        var (end, erase) = Retention();
        DateTimeOffset? due = _nextOutbox > 0 ? now + OutboxDue : null;
        return Earliest(Earliest(Earliest(due, _compactionRetry), LearningDueAt()), Earliest(end, erase));
    }

    /// <summary>Imported sessions may say any time, also one at the end of the calendar.</summary>
    private static DateTimeOffset After(DateTimeOffset time, int days) =>
        DateTimeOffset.MaxValue - time.ToUniversalTime() > TimeSpan.FromDays(days) ? time.AddDays(days) : DateTimeOffset.MaxValue;

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}
