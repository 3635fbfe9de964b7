using Microsoft.Extensions.Logging;

namespace Granary.Http.Endpoints;

/// <summary>Asks whether the memory can answer, in a way that itself always has an answer.</summary>
internal sealed partial class HealthProbe(IMemoryCluster cluster, IEnumerable<IReadinessCheck> checks, ILogger<HealthProbe> logger)
{
    public async ValueTask<MemoryHealth> GetAsync(CancellationToken cancellationToken)
    {
        if (checks.Select(check => check.WhyNotReady()).FirstOrDefault(reason => reason is not null) is { } reason)
        {
            return new MemoryHealth("unhealthy", StoreReadable: false, StoreWritable: false, StoreLatencyMs: 0, reason);
        }

        try
        {
            return await cluster.GetHealthAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogHealthFailed(logger, error);
            return new MemoryHealth("unhealthy", StoreReadable: false, StoreWritable: false, StoreLatencyMs: 0, "The memory does not answer.");
        }
    }

    [LoggerMessage(20, LogLevel.Warning, "Asking the memory for its health failed")]
    private static partial void LogHealthFailed(ILogger logger, Exception error);
}
