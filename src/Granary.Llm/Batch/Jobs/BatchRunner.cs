using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Works on the batches that this process was told of, a few at a time, by their priority. Keeps nothing that is not stored.</summary>
internal sealed partial class BatchRunner(BatchJobs jobs, BatchOptions options, ILogger<BatchRunner> logger) : BackgroundService
{
    /// <summary>Batches that may wait here; of more, maintenance tells again later.</summary>
    private const int MaxWaiting = 1_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, (int Priority, long Order)> _waiting = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private long _order;

    /// <summary>Tells of a batch that is due. Returns at once; one that waits or is worked on already is left as it is.</summary>
    public void Offer(string partition, int priority)
    {
        lock (_gate)
        {
            if (_known.Count >= MaxWaiting || !_known.Add(partition))
            {
                return;
            }

            _waiting.Enqueue(partition, (priority, _order++));
        }

        _arrived.Release();
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        _arrived.Dispose();
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.MaxConcurrentJobs).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await _arrived.WaitAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            string partition;
            lock (_gate)
            {
                partition = _waiting.Dequeue();
            }

            try
            {
                await jobs.RunAsync(partition, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // It is due again when its lease is over.
                LogFailed(logger, error, partition);
            }
            finally
            {
                lock (_gate)
                {
                    _known.Remove(partition);
                }
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Work on {Partition} failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception error, string partition);
}
