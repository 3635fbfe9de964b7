using System.Diagnostics;
using System.Net;
using Microsoft.Azure.Cosmos;
using Clustering = Orleans.Clustering.Cosmos;
using Persistence = Orleans.Persistence.Cosmos;
using Reminders = Orleans.Reminders.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>
/// Repeats what the account throttles (429) for a while and then gives up with Cosmos' own error, where Orleans' executor goes on for ever: a
/// write that takes effect long after its caller has stopped waiting would be a danger to the records.
/// </summary>
internal sealed class BoundedExecutor(TimeSpan patience) : Clustering.ICosmosOperationExecutor, Persistence.ICosmosOperationExecutor, Reminders.ICosmosOperationExecutor
{
    // An answer may name no time to wait; without a pause the repetitions would add to the load.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);

    /// <summary>One minute of repetitions; the SDK's own come on top of the last.</summary>
    public static BoundedExecutor Instance { get; } = new(TimeSpan.FromMinutes(1));

    public async Task<TResult> ExecuteOperation<TArg, TResult>(Func<TArg, Task<TResult>> func, TArg arg)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan pause;
            try
            {
                return await func(arg);
            }
            catch (CosmosException error) when (error.StatusCode == HttpStatusCode.TooManyRequests)
            {
                pause = error.RetryAfter is { } wanted && wanted > ShortestPause ? wanted : ShortestPause;
                if (Stopwatch.GetElapsedTime(started) + pause > patience)
                {
                    throw;
                }
            }

            await Task.Delay(pause);
        }
    }
}
