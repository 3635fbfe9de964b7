namespace Granary.Core.Users.Indexing;

/// <summary>What a stored vector belongs to, whatever number it has in the index of an activation.</summary>
/// <param name="Source">The session's or the record's id.</param>
/// <param name="Sequence">The message's sequence; 0 for a record.</param>
/// <param name="Text">Of a record, what tells its text from others it had: half of its content key. 0 for a message, which never changes.</param>
internal readonly record struct VectorKey(string Source, long Sequence, ulong Text)
{
    /// <summary>Whether it is a message.</summary>
    public bool IsMessage => Sequence > 0;

    /// <summary>The document of the exact vector.</summary>
    public string Document => IsMessage ? VectorDocuments.Message(Source, Sequence) : VectorDocuments.Record(Source);
}
