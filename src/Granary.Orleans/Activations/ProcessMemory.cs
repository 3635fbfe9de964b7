namespace Granary.Orleans.Activations;

/// <summary>
/// Memory as the process has it: what lived on the heap after the last collection, what the heap has grown by since, and everything outside of it (a
/// database's cache, native vectors), by what the machine or its container allows the process.
/// </summary>
internal sealed class ProcessMemory : IMemoryProbe
{
    public double UsedShare()
    {
        var info = GC.GetGCMemoryInfo();
        return Share(info.HeapSizeBytes - info.FragmentedBytes, info.TotalCommittedBytes, Environment.WorkingSet, info.TotalAvailableMemoryBytes);
    }

    /// <summary>The share in use.</summary>
    /// <param name="live">Bytes of the heap in use after the last collection.</param>
    /// <param name="committed">Bytes that the heap took of the process then.</param>
    /// <param name="resident">Bytes of the process now. What the heap has grown by since is in it, and so must not be added.</param>
    /// <param name="available">Bytes that the process may use.</param>
    internal static double Share(long live, long committed, long resident, long available) =>
        (double)(live + Math.Max(0, resident - committed)) / available;

    // In the background: without one the heap would look as full as before, and more than needed would leave.
    public void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
}
