namespace Granary.Wire;

/// <summary>Answer of <c>GET /health</c> and <c>GET /health/live</c>.</summary>
/// <param name="Status"><c>healthy</c>.</param>
/// <param name="Service"><c>agent-memory</c>.</param>
/// <param name="Version">The service's version.</param>
public sealed record HealthResponse(string Status, string Service, string Version);

/// <summary>Answer of <c>GET /health/ready</c>.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c> (reads only), <c>unhealthy</c> or <c>stopping</c>; the last two with HTTP 503.</param>
/// <param name="Store">The store.</param>
public sealed record ReadyResponse(string Status, StoreState Store);

/// <summary>The store's state.</summary>
/// <param name="Readable">Whether it can be read.</param>
/// <param name="Writable">Whether it can be written.</param>
/// <param name="LatencyMs">Milliseconds that a durable write and a read took.</param>
/// <param name="Error">What is wrong, or null.</param>
public sealed record StoreState(bool Readable, bool Writable, double LatencyMs, string? Error);
