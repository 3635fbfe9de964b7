using System.Collections.Concurrent;

namespace Granary.Faults.Cluster;

/// <summary>
/// Keeps a number of requests under way. A request that does not come back for a moment is left to itself and another one is sent in its stead:
/// the users of sessions that hang do not keep the others from working.
/// </summary>
internal sealed class ClusterLoad(Workload workload, IConnection connection, int connections, int most, int seed)
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Task, bool> _left = new();

    /// <summary>Runs until it is told to stop, and until everything that was sent has come to an end.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async number =>
        {
            var random = new Random(unchecked((seed * 1_009) + number));
            while (!stop.IsCancellationRequested)
            {
                var step = workload.StepAsync(connection, new Random(random.Next()));
                try
                {
                    await step.WaitAsync(Moment);
                }
                catch (TimeoutException)
                {
                    await LeaveAsync(step);
                }
            }
        }));
        await Task.WhenAll(_left.Keys);
    }

    private async Task LeaveAsync(Task step)
    {
        if (_left.Count >= most)
        {
            await step;
            return;
        }

        _left[step] = true;
        _ = step.ContinueWith(
            ended =>
            {
                // One that failed stays, for its failure to be seen at the end.
                if (ended.IsCompletedSuccessfully)
                {
                    _left.TryRemove(ended, out _);
                }
            },
            TaskScheduler.Default);
    }
}
