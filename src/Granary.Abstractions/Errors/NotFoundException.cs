namespace Granary;

/// <summary>Nothing of that name exists (HTTP 404).</summary>
/// <param name="message">What was looked for.</param>
public sealed class NotFoundException(string message) : MemoryException(ErrorCodes.NotFound, message);
