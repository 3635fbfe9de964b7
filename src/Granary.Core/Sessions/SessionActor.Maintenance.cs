using Granary.Core.Actors;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>How long an import may be silent before what it left is cleared away.</summary>
    private static readonly TimeSpan ImportLifetime = TimeSpan.FromHours(1);

    /// <summary>Does what is due: finishes what a crash left, delivers, compacts, ends and erases by age. Called by the maintenance shard.</summary>
    public async Task MaintainAsync(CancellationToken cancellationToken)
    {
        SessionPhase? phase;
        lock (Gate)
        {
            EnsureNotLost();
            phase = nextHead?.Phase;
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
                await DeliverAsync(cancellationToken).ConfigureAwait(false);
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
                    await CompactInBackgroundAsync().ConfigureAwait(false);
                }

                break;
        }

        // Whatever was due is done: the store learns the next time, or that there is none.
        await CommitAsync(new PartitionChange<bool>([], static () => true)).ConfigureAwait(false);
    }

    /// <returns>Whether the session was erased.</returns>
    private async Task<bool> RetireAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? end, erase;
        lock (Gate)
        {
            (end, erase) = Retention();
        }

        var now = services.Time.GetUtcNow();
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
        var used = LastUpdated(nextHead!, nextCounters);
        return (
            nextHead!.Phase == SessionPhase.Active && !Policy.Resource.ReadOnly && policy.EndAfterIdleDays is { } idle ? used.AddDays(idle) : null,
            policy.EraseAfterDays is { } days ? (nextHead.EndTime ?? used).AddDays(days) : null);
    }

    protected override DateTimeOffset? DueAt()
    {
        if (nextHead is null)
        {
            return null;
        }

        var now = services.Time.GetUtcNow();
        switch (nextHead.Phase)
        {
            case SessionPhase.Importing:
                return now + ImportLifetime;
            case SessionPhase.Deleting:
                return now + OutboxDue;
        }

        var (end, erase) = Retention();
        DateTimeOffset? due = nextOutbox > 0 ? now + OutboxDue : null;
        return Earliest(Earliest(due, compactionRetry), Earliest(end, erase));
    }

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}
