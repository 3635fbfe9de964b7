namespace Granary;

/// <summary>Whether the memory can answer.</summary>
/// <param name="Status"><c>healthy</c>; <c>degraded</c>: reads only; <c>unhealthy</c>: nothing.</param>
/// <param name="StoreReadable">Whether the store can be read.</param>
/// <param name="StoreWritable">Whether the store can be written.</param>
/// <param name="StoreLatencyMs">Milliseconds that a durable write and a read took.</param>
/// <param name="Error">What is wrong, or null.</param>
public sealed record MemoryHealth(string Status, bool StoreReadable, bool StoreWritable, double StoreLatencyMs, string? Error);
