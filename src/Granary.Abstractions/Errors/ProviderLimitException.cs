namespace Granary;

/// <summary>The memory provider that is configured cannot do what was asked (HTTP 501).</summary>
/// <param name="provider">The provider.</param>
/// <param name="what">What it cannot do, as in "keep a history".</param>
public sealed class ProviderLimitException(string provider, string what)
    : MemoryException(ErrorCodes.NotSupported, $"The memory provider '{provider}' cannot {what}.");
