using Granary.Core.Sessions;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Maintenance;

/// <summary>How a maintenance shard reaches the actors; the host gives it.</summary>
internal interface IMaintenanceTargets
{
    /// <summary>Lets a session do what is due.</summary>
    Task MaintainAsync(SessionKey session, CancellationToken cancellationToken);

    /// <summary>Lets a user do what is due.</summary>
    Task MaintainAsync(UserKey user, CancellationToken cancellationToken);
}

/// <summary>One of the 256 shards: asks the store which of its partitions are due and calls who looks after them. Keeps nothing itself.</summary>
internal sealed partial class MaintenanceShard(
    int shard,
    IPartitionStore store,
    IMaintenanceTargets targets,
    TimeProvider time,
    ILogger<MaintenanceShard> logger,
    IEnumerable<IPartitionMaintenance>? others = null)
{
    /// <summary>Partitions that the store is asked for at a time.</summary>
    public const int PageSize = 1_000;

    /// <summary>How long one partition may keep the others waiting (a summarizer that hangs, say).</summary>
    public static readonly TimeSpan MaxPerPartition = TimeSpan.FromMinutes(2);

    private readonly IReadOnlyList<IPartitionMaintenance> _others = [.. others ?? []];

    /// <summary>Looks after what is due. If there is more than a page of it, it goes on as long as none fails: what failed would come again.</summary>
    /// <returns>How many partitions were looked after without an error.</returns>
    /// <exception cref="StorageException">The store cannot say what is due.</exception>
    public async Task<int> WakeAsync(CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow();
        var done = 0;
        string? first = null;
        while (true)
        {
            var due = await store.DueAsync(shard, until, PageSize, cancellationToken).ConfigureAwait(false);

            // The longest due come first: if something stays due although it was looked after, it is there again.
            if (due.Count == 0 || due[0].Partition == first)
            {
                return done;
            }

            var before = done;
            first = due[0].Partition;
            foreach (var partition in due)
            {
                done += await TryLookAfterAsync(partition, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }

            if (due.Count < PageSize || done - before < due.Count)
            {
                return done;
            }
        }
    }

    private async Task<bool> TryLookAfterAsync(DuePartition due, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (due.Erased)
            {
                await store.PurgeAsync(due.Partition, cancellationToken).ConfigureAwait(false);
            }
            else if (PartitionNames.TryParseSession(due.Partition, out var session))
            {
                await WithPatienceAsync(token => targets.MaintainAsync(session, token), cancellationToken).ConfigureAwait(false);
            }
            else if (PartitionNames.TryParseUser(due.Partition, out var user))
            {
                await WithPatienceAsync(token => targets.MaintainAsync(user, token), cancellationToken).ConfigureAwait(false);
            }
            else if (_others.FirstOrDefault(other => PartitionNames.IsOfKind(due.Partition, other.Kind)) is { } other)
            {
                await WithPatienceAsync(token => other.MaintainAsync(due.Partition, token), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                LogUnknown(logger, due.Partition);
                return false;
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // It stays due; the others must not wait for it.
            LogFailed(logger, exception, due.Partition);
            return false;
        }
    }

    private async Task WithPatienceAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(MaxPerPartition, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        await work(both.Token).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Warning, "Maintenance of {Partition} failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(2, LogLevel.Warning, "Partition {Partition} is due but nobody looks after its kind")]
    private static partial void LogUnknown(ILogger logger, string partition);
}
