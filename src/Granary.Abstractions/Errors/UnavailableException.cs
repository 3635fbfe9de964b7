namespace Granary;

/// <summary>
/// The memory cannot do this now: <see cref="ErrorCodes.StorageUnavailable"/>, <see cref="ErrorCodes.ClusterUnavailable"/>,
/// <see cref="ErrorCodes.ProviderUnavailable"/> or <see cref="ErrorCodes.Stopping"/> (HTTP 503),
/// <see cref="ErrorCodes.RateLimited"/> (HTTP 429). A change may or may not have been stored: repeat it with the same idempotency key.
/// </summary>
/// <param name="code">The case.</param>
/// <param name="message">The case in words.</param>
/// <param name="retryAfter">When to try again.</param>
/// <param name="inner">The cause.</param>
public sealed class UnavailableException(string code, string message, TimeSpan retryAfter, Exception? inner = null)
    : MemoryException(code, message, inner)
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
