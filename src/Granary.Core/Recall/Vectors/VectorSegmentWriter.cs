using System.Buffers.Binary;

namespace Granary.Core.Recall.Vectors;

/// <summary>Fills the document of a <see cref="VectorSegment"/> row by row.</summary>
internal sealed class VectorSegmentWriter
{
    private readonly byte[] body;
    private readonly int header;
    private readonly int dimension;
    private readonly int rows;
    private int next;

    /// <summary>Begins a segment.</summary>
    /// <exception cref="ArgumentException">The rows are more than one segment takes.</exception>
    public VectorSegmentWriter(string model, int dimension, int rows)
    {
        if (rows > VectorSegment.MaxRows(dimension))
        {
            throw new ArgumentException($"A segment takes {VectorSegment.MaxRows(dimension)} vectors of dimension {dimension}, not {rows}.", nameof(rows));
        }

        this.dimension = dimension;
        this.rows = rows;
        header = VectorHeader.Size(model);
        body = new byte[header + (rows * VectorSegment.RowBytes(dimension))];
        VectorHeader.Write(body, VectorSegment.Kind, model, dimension, rows);
    }

    public void Add(int unit, float factor, ReadOnlySpan<byte> row)
    {
        var at = next++;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(header + (sizeof(int) * at)), unit);
        BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(header + (sizeof(int) * rows) + (sizeof(float) * at)), factor);
        row.CopyTo(body.AsSpan(header + ((sizeof(int) + sizeof(float)) * rows) + (ByteVector.Stride(dimension) * at)));
    }

    /// <summary>The document, after all rows were added.</summary>
    public byte[] Complete()
    {
        VectorHeader.Seal(body);
        return body;
    }
}
