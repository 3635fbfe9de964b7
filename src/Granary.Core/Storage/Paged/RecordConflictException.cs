namespace Granary.Core.Storage.Paged;

/// <summary>A record's ETag did not hold: somebody else wrote it first, and this call wrote nothing.</summary>
public sealed class RecordConflictException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which record.</param>
    /// <param name="inner">The store's own error.</param>
    public RecordConflictException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
