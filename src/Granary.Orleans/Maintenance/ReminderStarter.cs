using Granary.Core.Storage;
using Granary.Orleans.Cluster;
using Granary.Orleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;

namespace Granary.Orleans.Maintenance;

/// <summary>Makes sure, once the silo is active, that every maintenance shard has its reminder. Where all have one it changes nothing.</summary>
internal sealed partial class ReminderStarter(IGrainFactory grains, SiloServices silo, ILogger<ReminderStarter> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!silo.Options.UseReminders)
        {
            return;
        }

        try
        {
            var shard = 0;
            while (shard < PartitionShard.Count)
            {
                try
                {
                    // One after the other: a cluster that starts has better things to do.
                    // Not left alone by a stop, either: the silo would go while the reminder is being written.
                    stoppingToken.ThrowIfCancellationRequested();
                    await grains.GetGrain<IMaintenanceGrain>(shard).EnsureReminderAsync().ConfigureAwait(false);
                    shard++;
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(logger, exception, shard);
                    await Task.Delay(Again, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // What is missing, the next silo that starts makes.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The reminder of maintenance shard {Shard} could not be looked for; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, int shard);
}
