namespace Granary;

/// <summary>
/// The request cannot be done in this state (HTTP 409): <see cref="ErrorCodes.Completed"/>, <see cref="ErrorCodes.AlreadyExists"/>,
/// <see cref="ErrorCodes.KeyReused"/> or <see cref="ErrorCodes.NotLastAnswer"/>.
/// </summary>
/// <param name="code">The case.</param>
/// <param name="message">The case in words.</param>
public sealed class ConflictException(string code, string message) : MemoryException(code, message);
