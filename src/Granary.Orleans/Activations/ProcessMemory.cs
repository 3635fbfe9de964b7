namespace Granary.Orleans.Activations;

/// <summary>
/// Memory as the process has it: the live heap and everything outside of it (a database's cache, native vectors), by what the machine or its container
/// allows the process.
/// </summary>
internal sealed class ProcessMemory : IMemoryProbe
{
    public double UsedShare()
    {
        var info = GC.GetGCMemoryInfo();
        var outside = Math.Max(0, Environment.WorkingSet - info.TotalCommittedBytes);
        return (double)(GC.GetTotalMemory(forceFullCollection: false) + outside) / info.TotalAvailableMemoryBytes;
    }

    // In the background: without one the heap would look as full as before, and more than needed would leave.
    public void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
}
