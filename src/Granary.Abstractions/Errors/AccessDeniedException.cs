namespace Granary;

/// <summary>
/// The caller may not do this: <see cref="ErrorCodes.Unauthorized"/> (HTTP 401), <see cref="ErrorCodes.Forbidden"/> or
/// <see cref="ErrorCodes.ReadOnly"/> (HTTP 403).
/// </summary>
/// <param name="code">The case.</param>
/// <param name="message">The case in words.</param>
public sealed class AccessDeniedException(string code, string message) : MemoryException(code, message);
