using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Embedded;

/// <summary>The host's own work: evicts idle activations, wakes the maintenance shards, ends gracefully.</summary>
internal sealed partial class EmbeddedHostedService(
    EmbeddedCluster cluster,
    EmbeddedOptions options,
    IPartitionStore store,
    TimeProvider time,
    ILogger<EmbeddedHostedService> logger,
    ILogger<MaintenanceShard> shardLogger,
    IEnumerable<IPartitionMaintenance> others) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(EveryAsync(options.EvictionInterval, _ => { cluster.Sweep(); return Task.CompletedTask; }, stoppingToken),
            EveryAsync(options.MaintenanceInterval, WakeShardsAsync, stoppingToken));

    /// <summary>Ends the host's own work, then waits for the calls that were accepted.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await cluster.StopAsync().ConfigureAwait(false);
    }

    private async Task WakeShardsAsync(CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < PartitionShard.Count; shard++)
        {
            await new MaintenanceShard(shard, store, cluster, time, shardLogger, others).WakeAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await work(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    // The store is down, say: the next tick tries again.
                    LogFailed(logger, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Background work failed; it is tried again with the next tick")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
