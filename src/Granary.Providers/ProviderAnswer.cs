namespace Granary.Providers;

/// <summary>An answer, and where it comes from.</summary>
/// <param name="Result">The answer.</param>
/// <param name="Metadata">Where it comes from.</param>
public sealed record ProviderAnswer<T>(T Result, SubstrateMetadata Metadata);
