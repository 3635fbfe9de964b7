namespace Granary.Core.Storage;

/// <summary>What a write does to its document.</summary>
public enum WriteKind
{
    /// <summary>Writes the document whether it exists or not.</summary>
    Put,

    /// <summary>Writes the document; if it exists the whole commit is refused with <see cref="CommitStatus.DocumentExists"/>.</summary>
    Insert,

    /// <summary>Removes the document; nothing happens if it does not exist.</summary>
    Delete,
}

/// <summary>One document's change within a <see cref="PartitionCommit"/>.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Id">The document's id: letters, digits, <c>:</c> and <c>-</c>, 1 to <see cref="StorageLimits.MaxDocumentIdLength"/> characters.</param>
/// <param name="Body">The document; empty for a delete. The store may keep the memory until the commit has ended; it must not change.</param>
public readonly record struct DocumentWrite(WriteKind Kind, string Id, ReadOnlyMemory<byte> Body)
{
    /// <summary>Writes the document whether it exists or not.</summary>
    public static DocumentWrite Put(string id, ReadOnlyMemory<byte> body) => new(WriteKind.Put, id, body);

    /// <summary>Writes a document that must not exist.</summary>
    public static DocumentWrite Insert(string id, ReadOnlyMemory<byte> body) => new(WriteKind.Insert, id, body);

    /// <summary>Removes the document if it exists.</summary>
    public static DocumentWrite Delete(string id) => new(WriteKind.Delete, id, default);
}
