using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// A run of rows: bytes, factor and unit of each. A row is written once, by the writer, before a view that counts it is published; after
/// that only its death is ever written, with the version of the first view that does without it, so older views keep it.
/// </summary>
internal sealed class VectorChunk
{
    /// <summary>Rows of a chunk at the most: few enough that closing a gap moves at most a few megabytes.</summary>
    public const int MaxRows = 1024;

    /// <summary>The death of a row that lives.</summary>
    public const long Alive = long.MaxValue;

    private readonly int stride;
    private readonly byte[] bytes;
    private readonly int start;
    private readonly float[] factors;
    private readonly int[] units;
    private readonly long[] deaths;

    /// <summary>An empty chunk.</summary>
    public VectorChunk(int capacity, int stride)
        : this(new ArraySegment<byte>(new byte[capacity * stride]), capacity, stride)
    {
    }

    /// <summary>A chunk whose rows' bytes are there already; they are completed by <see cref="Add"/> in order.</summary>
    public VectorChunk(ArraySegment<byte> rows, int capacity, int stride)
    {
        bytes = rows.Array!;
        start = rows.Offset;
        this.stride = stride;
        factors = new float[capacity];
        units = new int[capacity];
        deaths = new long[capacity];
    }

    public int Capacity => units.Length;

    /// <summary>Rows written; the writer's. Readers take the last chunk's from their view.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows that live; the writer's.</summary>
    public int Living { get; private set; }

    /// <summary>Bytes in memory.</summary>
    public long MemoryBytes => (long)Capacity * (stride + sizeof(float) + sizeof(int) + sizeof(long));

    /// <summary>The place of the next row's bytes, of which the padding is zero already.</summary>
    public Span<byte> NextRow(int dimension) => bytes.AsSpan(start + (Rows * stride), dimension);

    /// <summary>Completes the row whose bytes were written to <see cref="NextRow"/>.</summary>
    /// <returns>Its number.</returns>
    public int Add(int unit, float factor)
    {
        var row = Rows++;
        units[row] = unit;
        factors[row] = factor;
        deaths[row] = Alive;
        Living++;
        return row;
    }

    /// <summary>Passes over a row that no view is to have.</summary>
    public void AddDead() => deaths[Rows++] = 0;

    public void Kill(int row, long version)
    {
        Volatile.Write(ref deaths[row], version);
        Living--;
    }

    public bool IsAlive(int row) => deaths[row] == Alive;

    public int Unit(int row) => units[row];

    public float Factor(int row) => factors[row];

    public ReadOnlySpan<byte> Row(int row, int dimension) => bytes.AsSpan(start + (row * stride), dimension);

    /// <summary>Offers the rows that live in a version to a ranking.</summary>
    public void Scan(int rows, long version, in ScanQuery query, TopHits hits)
    {
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(bytes), start);
        ref var queryBytes = ref MemoryMarshal.GetArrayDataReference(query.Bytes);
        var filter = query.Filter;
        for (var i = 0; i < rows; i++)
        {
            if (deaths[i] <= version || (filter is not null && !filter(units[i])))
            {
                continue;
            }

            var score = ByteProduct.Sum(in Unsafe.Add(ref first, i * stride), in queryBytes, stride, query.Offset) * factors[i];
            if (score >= hits.Floor)
            {
                hits.Offer(new Candidate(units[i], score, factors[i]));
            }
        }
    }
}
