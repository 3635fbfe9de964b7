using System.Text.Json;

namespace Granary.Core.Users.Records;

/// <summary>Adds up the figures of a user's records.</summary>
internal sealed class RecordFigures
{
    private readonly int[] _states = new int[Enum.GetValues<MemoryState>().Length];
    private readonly int[] _kinds = new int[Enum.GetValues<MemoryKind>().Length];
    private readonly SortedDictionary<string, int> _categories = new(StringComparer.Ordinal);
    private int _active;
    private long _accesses;
    private long _oldest = long.MaxValue;
    private long _lastAccess;

    public void Count(in RecordRow row, string? category, DateTimeOffset now)
    {
        var state = row.StateAt(now);
        _states[(int)state]++;
        _lastAccess = Math.Max(_lastAccess, row.Accessed);
        if (!state.IsActive())
        {
            return;
        }

        _active++;
        _accesses += row.Accesses;
        _oldest = Math.Min(_oldest, row.Created);
        _kinds[row.Kind]++;
        if (row.KindOf == MemoryKind.Insight && category is not null)
        {
            _categories[category] = _categories.GetValueOrDefault(category) + 1;
        }
    }

    public UserStats Told(int sessions, long indexedMessages) => new()
    {
        Sessions = sessions,
        ByState = Named<MemoryState>(_states),
        ByKind = Named<MemoryKind>(_kinds),
        ByCategory = _categories,
        IndexedMessages = indexedMessages,
        MeanAccessCount = _active == 0 ? 0 : (double)_accesses / _active,
        Oldest = _active == 0 ? null : new DateTimeOffset(_oldest, TimeSpan.Zero),
        LastAccess = _lastAccess == 0 ? null : new DateTimeOffset(_lastAccess, TimeSpan.Zero),
    };

    private static Dictionary<string, int> Named<T>(int[] counts)
        where T : struct, Enum =>
        Enum.GetValues<T>().ToDictionary(value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()), value => counts[Convert.ToInt32(value, null)]);
}
