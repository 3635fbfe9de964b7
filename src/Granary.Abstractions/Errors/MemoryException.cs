namespace Granary;

/// <summary>An error of the memory that a caller can act on. Each subclass is one kind; <see cref="Code"/> names the case.</summary>
public abstract class MemoryException : Exception
{
    private protected MemoryException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>A stable name of the case, from <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }
}
