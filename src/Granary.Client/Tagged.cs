namespace Granary.Client;

/// <summary>An answer with its ETag, which a later call can pass as <c>ifMatch</c>.</summary>
/// <typeparam name="T">What was answered.</typeparam>
/// <param name="Value">What was answered.</param>
/// <param name="ETag">Its ETag, quotes included, or null if the service gave none.</param>
/// <param name="Replayed">Whether this is the answer of an earlier call with the same idempotency key; nothing was stored now.</param>
public sealed record Tagged<T>(T Value, string? ETag, bool Replayed = false);
