namespace Granary.Core.Storage;

/// <summary>Asks a store whether it works, for all who want to know: a probe writes, so however many ask at a time, one is under way.</summary>
internal sealed class HealthProbe(IPartitionStore store)
{
    private readonly Lock _gate = new();
    private Task<StoreHealth>? _probe;

    /// <summary>The memory's health, found out now or by the probe that is under way.</summary>
    public async ValueTask<MemoryHealth> AskAsync(CancellationToken cancellationToken)
    {
        Task<StoreHealth> probe;
        lock (_gate)
        {
            probe = _probe is { IsCompleted: false } running ? running : _probe = store.ProbeAsync(CancellationToken.None).AsTask();
        }

        var health = await probe.WaitAsync(cancellationToken).ConfigureAwait(false);
        var status = !health.Readable ? "unhealthy" : health.Writable ? "healthy" : "degraded";
        return new MemoryHealth(status, health.Readable, health.Writable, Math.Round(health.Latency.TotalMilliseconds, 3), health.Error);
    }
}
