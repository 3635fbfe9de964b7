namespace Granary.Conformance.Stores;

/// <summary>What a <see cref="FaultyPartitionStore"/> has seen since it was made or its counts were taken.</summary>
/// <param name="Commits">Calls of commit, failed and refused ones included.</param>
/// <param name="Committed">Commits that were written.</param>
/// <param name="DocumentsWritten">Puts and inserts of the commits that were written.</param>
/// <param name="DocumentsDeleted">Deletes of the commits that were written.</param>
/// <param name="BytesWritten">Bytes of ids and bodies of the commits that were written.</param>
/// <param name="Reads">Calls of read and get.</param>
/// <param name="DocumentsRead">Documents that reads and gets returned.</param>
/// <param name="BytesRead">Bytes of their ids and bodies.</param>
/// <param name="DueQueries">Calls of due.</param>
/// <param name="Deletes">Calls of delete.</param>
/// <param name="Purges">Calls of purge.</param>
public sealed record StoreCounts(
    int Commits, int Committed, int DocumentsWritten, int DocumentsDeleted, long BytesWritten,
    int Reads, int DocumentsRead, long BytesRead, int DueQueries, int Deletes, int Purges)
{
    /// <summary>Nothing yet.</summary>
    public static StoreCounts Zero { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
