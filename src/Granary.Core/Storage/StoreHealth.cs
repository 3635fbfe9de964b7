namespace Granary.Core.Storage;

/// <summary>What a probe of the store found.</summary>
/// <param name="Readable">Whether a read succeeded.</param>
/// <param name="Writable">Whether a durable write succeeded.</param>
/// <param name="Latency">How long the probe took.</param>
/// <param name="Error">What went wrong, without secrets or paths, or null.</param>
public sealed record StoreHealth(bool Readable, bool Writable, TimeSpan Latency, string? Error);
