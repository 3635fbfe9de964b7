namespace Granary.Core.Storage;

/// <summary>
/// The store failed: unreachable, full, read-only, broken. After a commit its outcome is unknown; the actor forgets its memory and loads again.
/// </summary>
public sealed class StorageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What failed and, if known, what helps.</param>
    /// <param name="inner">The store's own error.</param>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
