namespace Granary.Storage.Sqlite;

/// <summary>The data folder cannot be used; the message names it and says what helps. Starting again without a change will fail again.</summary>
public class StoreOpenException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong with which folder, and the fix.</param>
    /// <param name="inner">The error beneath.</param>
    public StoreOpenException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
