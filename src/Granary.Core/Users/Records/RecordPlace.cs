using System.Globalization;

namespace Granary.Core.Users.Records;

/// <summary>A record's place in a list, the youngest first; of those of one time the one that was stored last.</summary>
internal readonly struct RecordPlace(in RecordRow row) : IComparable<RecordPlace>
{
    private readonly string? _name = row.Name;
    private readonly uint _random = row.Random;
    private readonly long _created = row.Created;
    private readonly long _number = row.Number;

    /// <summary>The record.</summary>
    public string Id => _name ?? RecordIds.Make(_number, _random);

    /// <summary>What a caller passes to go on behind this place.</summary>
    public string Cursor => string.Create(CultureInfo.InvariantCulture, $"{_created}:{_number}");

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="InvalidRequestException">It is none.</exception>
    public static (long Created, long Number) ParseCursor(string cursor)
    {
        var colon = cursor.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && long.TryParse(cursor.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var created)
            && long.TryParse(cursor.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (created, number)
            : throw new InvalidRequestException("after", "is not a cursor of a list of memories");
    }

    /// <summary>Whether the place is behind a cursor.</summary>
    public bool IsBehind((long Created, long Number) cursor) => (_created, _number).CompareTo(cursor) < 0;

    public int CompareTo(RecordPlace other) => (other._created, other._number).CompareTo((_created, _number));

    /// <summary>The first places of a list, in order.</summary>
    public static List<RecordPlace> First(List<RecordPlace> places, int count)
    {
        if (count < places.Count / 8)
        {
            // The last of those kept is at the head of the queue.
            var kept = new PriorityQueue<RecordPlace, RecordPlace>(count + 1, Comparer<RecordPlace>.Create(static (a, b) => b.CompareTo(a)));
            foreach (var place in places)
            {
                kept.Enqueue(place, place);
                if (kept.Count > count)
                {
                    kept.Dequeue();
                }
            }

            places = [.. kept.UnorderedItems.Select(item => item.Element)];
        }

        places.Sort();
        return places.Count <= count ? places : places.GetRange(0, count);
    }
}
