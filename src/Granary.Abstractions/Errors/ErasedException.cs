namespace Granary;

/// <summary>It existed and was erased (HTTP 410).</summary>
/// <param name="message">What was looked for.</param>
public sealed class ErasedException(string message) : MemoryException(ErrorCodes.Erased, message);
