using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Hosting;

/// <summary>Tells the sessions' watchers to look elsewhere before the silo deactivates its grains: a call that waits would hold it up.</summary>
internal sealed class SiloLeaving(SiloServices silo) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(
            nameof(SiloLeaving),
            ServiceLifecycleStage.Active + 1,
            static _ => Task.CompletedTask,
            _ =>
            {
                silo.Leave();
                return Task.CompletedTask;
            });
}
