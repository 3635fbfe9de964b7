namespace Granary;

/// <summary>The ETag given is not the current one (HTTP 412). Nothing was stored.</summary>
/// <param name="currentETag">The current ETag, or null if there is nothing.</param>
public sealed class PreconditionFailedException(string? currentETag)
    : MemoryException(ErrorCodes.PreconditionFailed, currentETag is null ? "There is nothing with an ETag." : $"The current ETag is {currentETag}.")
{
    /// <summary>The current ETag, or null if there is nothing.</summary>
    public string? CurrentETag { get; } = currentETag;
}
