using System.Runtime.InteropServices;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// The vectors of one user's units in memory, of one model and dimension: one byte a number, searched by scanning them all. The exact
/// vectors stay in the store; a search fetches those of its best candidates (<see cref="VectorQuery.Exact"/>) and scores them anew.
/// </summary>
/// <remarks>
/// Threads: one writer at a time (<see cref="Set"/>, <see cref="Remove"/>, <see cref="Move"/>, <see cref="Load"/> and <see cref="Encode"/>; a second one at
/// the same time is refused), any number of searches beside it on any threads. Nobody waits for anybody: a search sees the moment of its
/// start, whole: of a replaced vector either the old or the new one, of a loaded segment all rows or none.
/// Why the exact vectors stay in the store: in memory they would take two bytes a number more even in half precision, three times as much
/// in all, and save but the fetch of some 14 documents a search for ten, about half a millisecond from SQLite; half precision also
/// confuses near duplicates that the exact ones tell apart.
/// Memory: <c>dimension + 16</c> bytes a vector (the dimension rounded up to 128) and 4 a unit id, at most twice that after removals,
/// because a chunk with less than half of its rows living is closed. Unit ids should be dense: the greatest one counts.
/// </remarks>
internal sealed partial class VectorIndex
{
    /// <summary>The greatest unit id: 16 million.</summary>
    public const int MaxUnit = (1 << 24) - 1;

    private const int InitialRows = 8;

    /// <summary>Bytes of rows from which a loaded segment is a chunk of its own; the rows of smaller ones are copied together.</summary>
    private const int AdoptedBytes = 128 << 10;

    private readonly int stride;
    private readonly int parallelism;

    // Where a unit's row is: chunk and row in one number, plus one; 0 for none.
    private int[] places = [];
    private VectorChunk?[] chunks;
    private int tail;
    private int count;
    private int writing;
    private VectorView view;

    /// <summary>Makes an empty index.</summary>
    /// <param name="model">The model of the vectors, 1 to 1,024 bytes of UTF-8; those of different models must not be compared.</param>
    /// <param name="dimension">Numbers in a vector, 1 to <see cref="VectorLength.MaxDimension"/>.</param>
    /// <param name="parallelism">Threads that one search takes at the most; 0 for as many as there are processors.</param>
    public VectorIndex(string model, int dimension, int parallelism = 0)
    {
        // Its segments must be able to name the model.
        _ = VectorHeader.Size(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, VectorLength.MaxDimension);
        ArgumentOutOfRangeException.ThrowIfNegative(parallelism);
        Model = model;
        Dimension = dimension;
        stride = ByteVector.Stride(dimension);
        this.parallelism = parallelism == 0 ? Environment.ProcessorCount : parallelism;
        chunks = [new VectorChunk(InitialRows, stride)];
        view = new VectorView(chunks, 0, 0, 0, 0);
    }

    /// <summary>The model of the vectors.</summary>
    public string Model { get; }

    /// <summary>Numbers in a vector.</summary>
    public int Dimension { get; }

    /// <summary>How many vectors a search would see now.</summary>
    public int Count => Volatile.Read(ref view).Count;

    /// <summary>Bytes that the index holds in memory.</summary>
    public long MemoryBytes => Volatile.Read(ref view).Chunks.Sum(c => c?.MemoryBytes ?? 0) + (sizeof(int) * (long)places.Length);

    private long NextVersion => view.Version + 1;

    /// <summary>Adds a unit's vector, or replaces it. The writer's.</summary>
    /// <param name="unit">The unit's id, 0 to <see cref="MaxUnit"/>.</param>
    /// <param name="vector">Its vector, of any usual length; only the direction counts.</param>
    /// <exception cref="ArgumentException">
    /// The vector is of another dimension, zero, or holds NaN or infinite numbers; or the unit is out of range. Nothing was changed.
    /// </exception>
    public void Set(int unit, ReadOnlySpan<float> vector)
    {
        CheckUnit(unit);
        CheckDimension(vector.Length, nameof(vector));
        var length = VectorLength.Check(vector, nameof(vector));
        using var turn = new Turn(this);
        Drop(unit);
        var chunk = Room();
        Place(unit, tail, chunk.Add(unit, ByteVector.Quantize(vector, length, chunk.NextRow(Dimension))));
        count++;
        Publish();
    }

    /// <summary>Takes a unit's vector out. The writer's.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(int unit)
    {
        using var turn = new Turn(this);
        if (!Drop(unit))
        {
            return false;
        }

        if (count == 0)
        {
            chunks = [new VectorChunk(InitialRows, stride)];
            tail = 0;
        }

        Publish();
        return true;
    }

    /// <summary>Lets a unit's vector be that of another unit instead. The writer's.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Move(int from, int to)
    {
        CheckUnit(to);
        using var turn = new Turn(this);
        var place = PlaceOf(from);
        if (place < 0)
        {
            return false;
        }

        var chunk = chunks[place / VectorChunk.MaxRows]!;
        var row = place % VectorChunk.MaxRows;
        Drop(to);
        Drop(from);
        Append(to, chunk.Factor(row), chunk.Row(row, Dimension));
        count++;
        Publish();
        return true;
    }

    /// <summary>Whether a unit has a vector. The writer's.</summary>
    public bool Contains(int unit) => PlaceOf(unit) >= 0;

    /// <summary>Adds the vectors of a stored segment, replacing those of units that are there. The writer's.</summary>
    /// <param name="segment">The segment; the index may keep its body instead of a copy.</param>
    /// <param name="unitOf">The unit id of each id in the segment, or a negative number to leave it out; null when they are the same.</param>
    /// <exception cref="ArgumentException">The segment is of another model or dimension, or a unit is out of range; nothing was changed.</exception>
    public void Load(VectorSegment segment, Func<int, int>? unitOf = null)
    {
        CheckDimension(segment.Dimension, nameof(segment));
        if (segment.Model != Model)
        {
            throw new ArgumentException($"A segment of model '{segment.Model}' cannot be searched with vectors of '{Model}'.", nameof(segment));
        }

        var units = new int[segment.Count];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = unitOf is null ? segment.Unit(i) : unitOf(segment.Unit(i));
            if (units[i] >= 0)
            {
                CheckUnit(units[i]);
            }
        }

        using var turn = new Turn(this);
        DropAll(units);
        if (Array.Exists(units, u => u >= 0))
        {
            Take(segment, units);
            Publish();
        }
    }

    /// <summary>Encodes the vectors of units as a segment, for <see cref="VectorSegment.Decode"/>. The writer's.</summary>
    /// <param name="units">The units; at most <see cref="VectorSegment.MaxRows"/>, each with a vector.</param>
    /// <exception cref="ArgumentException">They are too many, or one has no vector.</exception>
    public byte[] Encode(IReadOnlyList<int> units)
    {
        using var turn = new Turn(this);
        var segment = new VectorSegmentWriter(Model, Dimension, units.Count);
        foreach (var unit in units)
        {
            var place = PlaceOf(unit);
            if (place < 0)
            {
                throw new ArgumentException($"Unit {unit} has no vector.", nameof(units));
            }

            var chunk = chunks[place / VectorChunk.MaxRows]!;
            var row = place % VectorChunk.MaxRows;
            segment.Add(unit, chunk.Factor(row), chunk.Row(row, Dimension));
        }

        return segment.Complete();
    }

    private static void CheckUnit(int unit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unit, MaxUnit);
    }

    private void CheckDimension(int dimension, string argument)
    {
        if (dimension != Dimension)
        {
            throw new ArgumentException($"Vectors of this index have {Dimension} numbers, not {dimension}.", argument);
        }
    }

    private int PlaceOf(int unit) => (uint)unit < (uint)places.Length ? places[unit] - 1 : -1;

    private void Place(int unit, int slot, int row)
    {
        if (unit >= places.Length)
        {
            Array.Resize(ref places, Math.Min(MaxUnit + 1, Math.Max(unit + 1, 2 * places.Length)));
        }

        places[unit] = (slot * VectorChunk.MaxRows) + row + 1;
    }

    /// <summary>Makes room for the units of a segment; of one that is named twice the last counts.</summary>
    private void DropAll(int[] units)
    {
        var seen = new HashSet<int>(units.Length);
        for (var i = units.Length - 1; i >= 0; i--)
        {
            if (units[i] < 0)
            {
                continue;
            }

            if (seen.Add(units[i]))
            {
                Drop(units[i]);
            }
            else
            {
                units[i] = -1;
            }
        }
    }

    private void Take(VectorSegment segment, int[] units)
    {
        var wanted = units.Count(u => u >= 0);
        count += wanted;
        if (wanted * 2 >= units.Length && segment.Rows.Length >= AdoptedBytes
            && MemoryMarshal.TryGetArray(segment.Rows, out var rows) && rows.Array!.Length <= 2 * rows.Count)
        {
            Adopt(segment, units, rows);
            return;
        }

        for (var i = 0; i < units.Length; i++)
        {
            if (units[i] >= 0)
            {
                Append(units[i], segment.Factor(i), segment.Row(i));
            }
        }
    }

    /// <summary>The segment's own bytes become a chunk: an activation copies nothing.</summary>
    private void Adopt(VectorSegment segment, int[] units, ArraySegment<byte> rows)
    {
        var chunk = new VectorChunk(rows, units.Length, stride);
        var slot = FreeSlot();
        Exchange(slot, chunk);
        for (var i = 0; i < units.Length; i++)
        {
            if (units[i] >= 0)
            {
                Place(units[i], slot, chunk.Add(units[i], segment.Factor(i)));
            }
            else
            {
                chunk.AddDead();
            }
        }
    }

    private void Append(int unit, float factor, ReadOnlySpan<byte> row)
    {
        var chunk = Room();
        row.CopyTo(chunk.NextRow(Dimension));
        Place(unit, tail, chunk.Add(unit, factor));
    }

    private bool Drop(int unit)
    {
        var place = PlaceOf(unit);
        if (place < 0)
        {
            return false;
        }

        places[unit] = 0;
        count--;
        var slot = place / VectorChunk.MaxRows;
        var chunk = chunks[slot]!;
        chunk.Kill(place % VectorChunk.MaxRows, NextVersion);
        if (slot != tail && chunk.Living * 2 < chunk.Rows)
        {
            Close(slot);
        }

        return true;
    }

    /// <summary>Moves the living rows of a sparse chunk to the tail. Views that have the chunk keep it.</summary>
    private void Close(int slot)
    {
        var chunk = chunks[slot]!;
        Exchange(slot, null);
        CopyLiving(chunk);
    }

    private void CopyLiving(VectorChunk chunk)
    {
        for (var row = 0; row < chunk.Rows; row++)
        {
            if (chunk.IsAlive(row))
            {
                Append(chunk.Unit(row), chunk.Factor(row), chunk.Row(row, Dimension));
            }
        }
    }

    /// <summary>The tail with room for a row: a full one is followed by another, or made anew without its dead and with more room.</summary>
    private VectorChunk Room()
    {
        var chunk = chunks[tail]!;
        if (chunk.Rows < chunk.Capacity)
        {
            return chunk;
        }

        if (chunk.Living > VectorChunk.MaxRows / 2 && chunk.Capacity == VectorChunk.MaxRows)
        {
            tail = FreeSlot();
            Exchange(tail, new VectorChunk(VectorChunk.MaxRows, stride));
        }
        else
        {
            Exchange(tail, new VectorChunk(Math.Clamp(2 * chunk.Living, InitialRows, VectorChunk.MaxRows), stride));
            CopyLiving(chunk);
        }

        return chunks[tail]!;
    }

    private int FreeSlot()
    {
        var free = Array.IndexOf(chunks, null);
        if (free >= 0)
        {
            return free;
        }

        chunks = [.. chunks, null];
        return chunks.Length - 1;
    }

    /// <summary>Published arrays are never written.</summary>
    private void Exchange(int slot, VectorChunk? chunk)
    {
        chunks = [.. chunks];
        chunks[slot] = chunk;
    }

    private void Publish() => Volatile.Write(ref view, new VectorView(chunks, tail, chunks[tail]!.Rows, NextVersion, count));

    /// <summary>The writer's turn: finds out that two write at once before they break each other's rows.</summary>
    private readonly ref struct Turn
    {
        private readonly VectorIndex index;

        public Turn(VectorIndex index)
        {
            if (Interlocked.Exchange(ref index.writing, 1) != 0)
            {
                throw new InvalidOperationException("An index of vectors has one writer at a time.");
            }

            this.index = index;
        }

        public void Dispose() => Volatile.Write(ref index.writing, 0);
    }
}
