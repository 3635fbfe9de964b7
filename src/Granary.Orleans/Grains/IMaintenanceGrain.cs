using Orleans;

namespace Granary.Orleans.Grains;

/// <summary>A maintenance shard as a grain; its key is the shard, 0 to 255.</summary>
[Alias("granary.maintenance")]
internal interface IMaintenanceGrain : IGrainWithIntegerKey
{
    /// <summary>Makes sure that the shard's reminder exists.</summary>
    [Alias("ensure")]
    Task EnsureReminderAsync();

    /// <summary>Goes on with the erasure of a user of this shard, if the user is marked.</summary>
    /// <param name="user">The user's key, as of its grain.</param>
    /// <param name="cancellationToken">Ends the wait; the work goes on with the next wake-up.</param>
    [Alias("erase")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task EraseAsync(string user, CancellationToken cancellationToken);

    /// <summary>Looks after what is due, now; a wake-up under way is waited for.</summary>
    /// <returns>How many partitions were looked after.</returns>
    [Alias("wake")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<int> WakeAsync();
}
