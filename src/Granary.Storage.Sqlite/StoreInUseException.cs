namespace Granary.Storage.Sqlite;

/// <summary>Another store, in this process or another one, has the data folder open.</summary>
public sealed class StoreInUseException : StoreOpenException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which folder, and the fix.</param>
    /// <param name="inner">The error beneath.</param>
    public StoreInUseException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
