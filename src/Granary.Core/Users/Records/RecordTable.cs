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
    public void Put(RecordDocument document)
    {
        var place = Find(document.Id);
        if (place >= 0)
        {
            if (this[place].Key != document.Key)
            {
                UnlinkKey(place);
                Fill(ref this[place], document);
                LinkKey(place);
            }
            else
            {
                Fill(ref this[place], document);
            }

            return;
        }

        if (Count == _byId.Length)
        {
            Grow();
        }

        place = NewPlace();
        Fill(ref this[place], document);
        Count++;
        LinkId(place);
        LinkKey(place);
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

    private void Fill(ref RecordRow row, RecordDocument document)
    {
        var record = document.Record;
        var generated = RecordIds.TryParse(record.Id, out var number, out var random) && number == document.Number;
        row.Name = generated ? null : record.Id;
        row.Random = random;
        row.Number = document.Number;
        row.Key = document.Key;
        row.Created = record.CreatedAt.UtcTicks;
        row.Happened = (record.EventTime ?? record.CreatedAt).UtcTicks;
        row.Updated = record.UpdatedAt.UtcTicks;
        row.Accessed = record.LastAccessed?.UtcTicks ?? 0;
        row.Expires = record.ExpiresAt?.UtcTicks ?? 0;
        row.Ended = (record.DeletedAt ?? record.ArchivedAt)?.UtcTicks ?? 0;
        row.Confidence = (float)record.Confidence;
        row.Accesses = record.AccessCount;
        row.Revision = record.Revision;
        row.Agent = Names.Add(record.AgentId);
        row.Category = Names.Add(record.Category);
        row.Kind = (byte)record.Kind;
        row.Importance = (byte)record.Importance;
        row.Told = (byte)record.State;
        row.Pinned = record.Pinned;
        row.Session = record.Sources.Count == 0 ? NameList.None : Names.Add(record.Sources[0].SessionId);
        row.Sessions = OtherSessions(record.Sources, row.Session);
    }

    private int[]? OtherSessions(IReadOnlyList<MemorySource> sources, int first)
    {
        List<int>? others = null;
        for (var i = 1; i < sources.Count; i++)
        {
            var place = Names.Add(sources[i].SessionId);
            if (place != first && others?.Contains(place) != true)
            {
                (others ??= []).Add(place);
            }
        }

        return others?.ToArray();
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

    private void Grow()
    {
        _byId = NewBuckets(_byId.Length * 2);
        _byKey = NewBuckets(_byKey.Length * 2);
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
