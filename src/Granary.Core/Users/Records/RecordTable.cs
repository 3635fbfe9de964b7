using System.Numerics;
using System.Runtime.CompilerServices;

namespace Granary.Core.Users.Records;

/// <summary>
/// All records of a user in memory, about 140 bytes each, found by id and by what they say. Not thread-safe: its user's gate guards it.
/// </summary>
internal sealed class RecordTable
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;
    private const int End = -1;

    private readonly List<RecordRow[]> _chunks = [];
    private int[] _byId = NewBuckets(64);
    private int[] _byKey = NewBuckets(64);
    private int _used;
    private int _free = End;

    /// <summary>Agents, categories and sessions of the rows.</summary>
    public NameList Names { get; } = new();

    /// <summary>How many records there are.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that may be in use: those below it whose number is not 0.</summary>
    public int Rows => _used;

    /// <summary>A row by its place, 0 to <see cref="Rows"/> - 1. Not in use where its number is 0.</summary>
    public ref RecordRow this[int place] => ref _chunks[place >> ChunkBits][place & (ChunkSize - 1)];

    /// <summary>The place of a record, or -1.</summary>
    public int Find(string id)
    {
        var named = !RecordIds.TryParse(id, out var number, out var random);
        for (var place = _byId[Bucket(id, _byId)]; place != End; place = this[place].NextById)
        {
            ref var row = ref this[place];
            if (row.Name is null ? !named && row.Number == number && row.Random == random : string.Equals(row.Name, id, StringComparison.Ordinal))
            {
                return place;
            }
        }

        return End;
    }

    /// <summary>The first record of a key, or -1. Records that are not active share keys with others.</summary>
    public int FindByKey(UInt128 key) => NextOfKey(_byKey[Bucket(key, _byKey)], key);

    /// <summary>The next record of the same key, or -1.</summary>
    public int NextOfKey(int place) => NextOfKey(this[place].NextByKey, this[place].Key);

    /// <summary>Puts a record in, or in place of what is there under its id.</summary>
    public void Put(RecordDocument document) => Put(RecordRow.Of(document, Names));

    /// <summary>Puts a row in, or in place of what is there under its id.</summary>
    /// <param name="row">The row; its names are places in <see cref="Names"/>.</param>
    public void Put(in RecordRow row)
    {
        var place = Find(row.Id);
        if (place >= 0)
        {
            ref var known = ref this[place];
            if (known.Key != row.Key)
            {
                UnlinkKey(place);
                Fill(ref known, in row);
                LinkKey(place);
            }
            else
            {
                Fill(ref known, in row);
            }

            return;
        }

        if (Count == _byId.Length)
        {
            Grow(_byId.Length * 2);
        }

        place = NewPlace();
        Fill(ref this[place], in row);
        Count++;
        LinkId(place);
        LinkKey(place);
    }

    /// <summary>Makes room for so many records.</summary>
    public void Reserve(int count)
    {
        var buckets = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        if (buckets > _byId.Length)
        {
            Grow(buckets);
        }
    }

    /// <summary>Takes over when a record was used, if it is there.</summary>
    public void Use(in RecordRow row)
    {
        if (Find(row.Id) is >= 0 and var place && this[place].Number == row.Number)
        {
            ref var known = ref this[place];
            (known.Accesses, known.Accessed) = (row.Accesses, row.Accessed);
        }
    }

    /// <summary>Takes a record out, if it is there; not a later one of the same id.</summary>
    public void Remove(in RecordRow row)
    {
        var id = row.Id;
        if (Find(id) is >= 0 and var place && this[place].Number == row.Number)
        {
            Remove(id);
        }
    }

    /// <summary>Takes a record out.</summary>
    public void Remove(string id)
    {
        var place = Find(id);
        if (place < 0)
        {
            return;
        }

        UnlinkKey(place);
        UnlinkId(place, id);
        this[place] = new RecordRow { NextById = _free };
        _free = place;
        Count--;
    }

    /// <summary>Takes over all of a row but its links.</summary>
    private static void Fill(ref RecordRow known, in RecordRow row)
    {
        var (byId, byKey) = (known.NextById, known.NextByKey);
        known = row;
        (known.NextById, known.NextByKey) = (byId, byKey);
    }

    private int NewPlace()
    {
        if (_free != End)
        {
            var place = _free;
            _free = this[place].NextById;
            return place;
        }

        if (_used == _chunks.Count << ChunkBits)
        {
            _chunks.Add(new RecordRow[ChunkSize]);
        }

        return _used++;
    }

    private int NextOfKey(int place, UInt128 key)
    {
        while (place != End && this[place].Key != key)
        {
            place = this[place].NextByKey;
        }

        return place;
    }

    private void LinkId(int place)
    {
        ref var bucket = ref _byId[Bucket(this[place].Id, _byId)];
        this[place].NextById = bucket;
        bucket = place;
    }

    private void LinkKey(int place)
    {
        ref var bucket = ref _byKey[Bucket(this[place].Key, _byKey)];
        this[place].NextByKey = bucket;
        bucket = place;
    }

    private void UnlinkId(int place, string id)
    {
        ref var link = ref _byId[Bucket(id, _byId)];
        while (link != place)
        {
            link = ref this[link].NextById;
        }

        link = this[place].NextById;
    }

    private void UnlinkKey(int place)
    {
        ref var link = ref _byKey[Bucket(this[place].Key, _byKey)];
        while (link != place)
        {
            link = ref this[link].NextByKey;
        }

        link = this[place].NextByKey;
    }

    private void Grow(int buckets)
    {
        _byId = NewBuckets(buckets);
        _byKey = NewBuckets(buckets);
        for (var place = 0; place < _used; place++)
        {
            // Free rows are of no bucket.
            if (this[place].Number != 0)
            {
                LinkId(place);
                LinkKey(place);
            }
        }
    }

    private static int[] NewBuckets(int count)
    {
        var buckets = new int[count];
        Array.Fill(buckets, End);
        return buckets;
    }

    private static int Bucket(string id, int[] buckets) => (int)((uint)string.GetHashCode(id, StringComparison.Ordinal) & (uint)(buckets.Length - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bucket(UInt128 key, int[] buckets) => (int)((uint)key & (uint)(buckets.Length - 1));
}
