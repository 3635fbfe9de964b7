using System.Buffers.Binary;
using Granary.Core.Storage;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// Quantised vectors of many units as they are stored, so that an activation reads a quarter of the exact ones' bytes: a header
/// (<see cref="VectorHeader"/>, kind <c>gs</c>), then of all rows the units (4 bytes each), the factors (4) and the bytes
/// (<see cref="ByteVector"/>), padded as in memory. Read in place, also by the index that loads it: the body must never change.
/// </summary>
internal sealed class VectorSegment
{
    private readonly ReadOnlyMemory<byte> body;
    private readonly VectorHeaderFields header;

    private VectorSegment(ReadOnlyMemory<byte> body)
    {
        this.body = body;
        header = VectorHeader.Read(body.Span, Kind, static (dimension, rows) => (long)rows * RowBytes(dimension));
        Model = VectorHeader.ReadModel(body.Span[header.Model]);
        for (var i = 0; i < Count; i++)
        {
            if (Unit(i) is < 0 or > VectorIndex.MaxUnit || !float.IsFinite(Factor(i)) || Factor(i) <= 0)
            {
                throw new InvalidDataException($"Row {i} of a segment of vectors has unit {Unit(i)} and factor {Factor(i)}.");
            }
        }
    }

    /// <summary>The model of the vectors.</summary>
    public string Model { get; }

    /// <summary>Numbers in a vector.</summary>
    public int Dimension => header.Dimension;

    /// <summary>Vectors.</summary>
    public int Count => header.Rows;

    internal static ReadOnlySpan<byte> Kind => "gs"u8;

    /// <summary>The bytes of all rows.</summary>
    internal ReadOnlyMemory<byte> Rows => body[(header.Size + ((sizeof(int) + sizeof(float)) * Count))..];

    /// <summary>
    /// Vectors of a dimension that one segment takes: 1,024, or as many as fit a page of the store (<see cref="StorageLimits.PageBytes"/>).
    /// </summary>
    public static int MaxRows(int dimension) => Math.Min(
        VectorChunk.MaxRows, (StorageLimits.PageBytes - StorageLimits.MaxDocumentIdLength - VectorHeader.MaxModelBytes) / RowBytes(dimension));

    /// <summary>Reads a segment in place.</summary>
    /// <exception cref="InvalidDataException">The body is no segment, of another version, cut or damaged.</exception>
    public static VectorSegment Decode(ReadOnlyMemory<byte> body) => new(body);

    /// <summary>The unit of a row.</summary>
    public int Unit(int row) => BinaryPrimitives.ReadInt32LittleEndian(Part(sizeof(int) * row, sizeof(int)));

    internal static int RowBytes(int dimension) => sizeof(int) + sizeof(float) + ByteVector.Stride(dimension);

    internal float Factor(int row) => BinaryPrimitives.ReadSingleLittleEndian(Part((sizeof(int) * Count) + (sizeof(float) * row), sizeof(float)));

    internal ReadOnlySpan<byte> Row(int row) => Rows.Span.Slice(ByteVector.Stride(Dimension) * row, Dimension);

    private ReadOnlySpan<byte> Part(int at, int size) => body.Span.Slice(header.Size + at, size);
}
