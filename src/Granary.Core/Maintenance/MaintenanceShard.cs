using Granary.Core.Sessions;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Maintenance;

/// <summary>How a maintenance shard reaches the sessions; the host gives it.</summary>
internal interface IMaintenanceTargets
{
    /// <summary>Lets a session do what is due.</summary>
    Task MaintainAsync(SessionKey session, CancellationToken cancellationToken);
}

/// <summary>One of the 256 shards: asks the store which of its partitions are due and calls them. Keeps nothing itself.</summary>
internal sealed partial class MaintenanceShard(
    int shard, IPartitionStore store, IMaintenanceTargets targets, TimeProvider time, ILogger<MaintenanceShard> logger)
{
    /// <summary>Partitions that one wake-up looks after at the most; the rest waits for the next.</summary>
    public const int MaxPerWake = 1_000;

    /// <summary>How long one session may keep the others waiting (a summarizer that hangs, say).</summary>
    public static readonly TimeSpan MaxPerPartition = TimeSpan.FromMinutes(2);

    /// <summary>Looks after what is due.</summary>
    /// <returns>How many partitions were looked after without an error.</returns>
    /// <exception cref="StorageException">The store cannot say what is due.</exception>
    public async Task<int> WakeAsync(CancellationToken cancellationToken)
    {
        var due = await store.DueAsync(shard, time.GetUtcNow(), MaxPerWake, cancellationToken).ConfigureAwait(false);
        var done = 0;
        foreach (var partition in due)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (partition.Erased)
                {
                    await store.PurgeAsync(partition.Partition, cancellationToken).ConfigureAwait(false);
                }
                else if (PartitionNames.TryParseSession(partition.Partition, out var session))
                {
                    using var patience = new CancellationTokenSource(MaxPerPartition, time);
                    using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
                    await targets.MaintainAsync(session, both.Token).ConfigureAwait(false);
                }
                else
                {
                    LogUnknown(logger, partition.Partition);
                    continue;
                }

                done++;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // It stays due; the others must not wait for it.
                LogFailed(logger, exception, partition.Partition);
            }
        }

        return done;
    }

    [LoggerMessage(1, LogLevel.Warning, "Maintenance of {Partition} failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(2, LogLevel.Warning, "Partition {Partition} is due but nobody looks after its kind")]
    private static partial void LogUnknown(ILogger logger, string partition);
}
