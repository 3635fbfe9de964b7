using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>Records that maintenance looks for at a time.</summary>
    private const int MaxDueAtOnce = 1_000;

    /// <summary>Does what is due. Called by the maintenance shard.</summary>
    public async Task MaintainAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            EnsureNotLost();
            if (_erasure is not null)
            {
                // It is due for its erasure, which the host sees to.
                return;
            }

            if (Version == PartitionVersion.None)
            {
                // There is no partition whose due time could be cleared: a commit would make one.
                return;
            }
        }

        await AgeRecordsAsync(cancellationToken).ConfigureAwait(false);
        await SynthesizeDueAsync(cancellationToken).ConfigureAwait(false);

        // Whatever was due is done: the store learns the next time, or that there is none.
        await CommitAsync(new PartitionChange<bool>([], static () => true), _records.LookForDue).ConfigureAwait(false);
    }

    /// <summary>Expires, archives and purges the records whose time has come.</summary>
    private async Task AgeRecordsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            List<string> due;
            lock (Gate)
            {
                EnsureNotLost();
                due = _records.FindDue(_time.GetUtcNow(), MaxDueAtOnce);
            }

            if (due.Count == 0)
            {
                return;
            }

            var changed = 0;
            await ChangeInCommitsAsync(due, static id => id, (plan, _, document) => Age(plan, document), _ => changed++, cancellationToken).ConfigureAwait(false);
            if (changed == 0)
            {
                // Others are at them already; what they do is not durable yet.
                await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>Whether its time had come.</returns>
    private bool Age(RecordPlan plan, RecordDocument document)
    {
        if (!(_services.Lifecycle.DueOf(document) <= plan.Now.UtcTicks))
        {
            return false;
        }

        switch (document.Record.State)
        {
            case MemoryState.Deleted or MemoryState.Archived or MemoryState.Expired:
                // Before it is gone: after it nothing tells that it was ever there.
                LogPurge(_services.Logger, document.Id, Partition, $"it has been {document.Record.State} for long enough");
                plan.Purge(document);
                break;
            case var _ when document.Record.ExpiresAt is not null:
                plan.Expire(document);
                break;
            default:
                plan.Archive(document, "It was neither used nor changed for a long time.");
                break;
        }

        return true;
    }

    [LoggerMessage(2, LogLevel.Information, "Memory {Memory} of {Partition} is removed for good: {Why}")]
    private static partial void LogPurge(ILogger logger, string memory, string partition, string why);
}
