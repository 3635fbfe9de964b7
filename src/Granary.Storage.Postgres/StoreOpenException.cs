namespace Granary.Storage.Postgres;

/// <summary>The database cannot be used; the message says which and what helps.</summary>
public sealed class StoreOpenException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong with which database, and the fix.</param>
    /// <param name="inner">The error beneath.</param>
    public StoreOpenException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
