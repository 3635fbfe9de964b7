namespace Granary;

/// <summary>Where an answer comes from and what it took.</summary>
/// <param name="Provider">The provider that answered; several are separated by commas.</param>
/// <param name="ResponseTimeMs">Milliseconds of the whole call, with all that was tried.</param>
/// <param name="Timestamp">When it was answered.</param>
/// <param name="Attempts">Tries, of all providers together.</param>
/// <param name="FallbackUsed">Whether another than the first choice answered.</param>
public sealed record SubstrateMetadata(string Provider, double ResponseTimeMs, DateTimeOffset Timestamp, int Attempts, bool FallbackUsed);
