using Granary.Orleans.Cluster;

namespace Granary.Orleans.Benchmarks;

/// <summary>The most memory and sessions that were seen while something was done.</summary>
internal sealed class Peaks(SiloServices? silo)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of live objects after the last collection.</summary>
    public long Heap { get; private set; }

    /// <summary>Bytes of the process in the machine's memory.</summary>
    public long WorkingSet { get; private set; }

    /// <summary>Sessions in the silo's memory.</summary>
    public int Sessions { get; private set; }

    public async Task<T> DuringAsync<T>(Func<Task<T>> work)
    {
        // What was before is not what is measured.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        var running = Task.Run(work);
        do
        {
            Look();
            await Task.WhenAny(running, Task.Delay(Period));
        }
        while (!running.IsCompleted);
        Look();
        return await running;
    }

    private void Look()
    {
        Heap = Math.Max(Heap, GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes);
        WorkingSet = Math.Max(WorkingSet, Environment.WorkingSet);
        Sessions = Math.Max(Sessions, silo?.Activations.Sessions.Count ?? 0);
    }
}
