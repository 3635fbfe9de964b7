namespace Granary.Core.Recall.Vectors;

/// <summary>What a search sees of an index: one moment of it, whatever the writer does meanwhile.</summary>
/// <param name="Chunks">The chunks; null where one was given up. Never changed after the view was published.</param>
/// <param name="Tail">Which chunk is being filled.</param>
/// <param name="TailRows">Rows of it that belong to the view.</param>
/// <param name="Version">The number of the view; rows that died in it or before are not seen.</param>
/// <param name="Count">Vectors in the view.</param>
internal sealed record VectorView(VectorChunk?[] Chunks, int Tail, int TailRows, long Version, int Count)
{
    /// <summary>Rows of a chunk that belong to the view.</summary>
    public int RowsOf(int chunk) => chunk == Tail ? TailRows : Chunks[chunk]?.Rows ?? 0;
}
