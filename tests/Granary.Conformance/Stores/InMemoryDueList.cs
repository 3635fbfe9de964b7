using System.Globalization;
using Granary.Core.Storage.Paged;

namespace Granary.Conformance.Stores;

/// <summary>The due lists of all shards in memory; all calls complete at once.</summary>
/// <param name="timeProvider">The clock that says when an entry was added; the system's if null.</param>
public sealed class InMemoryDueList(TimeProvider? timeProvider = null) : IDueList
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Shard, DueEntry Entry)> _entries = [];
    private long _last;

    /// <summary>How many entries there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How many were added.</summary>
    public long Added => Volatile.Read(ref _last);

    /// <inheritdoc/>
    public ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var key = (++_last).ToString(CultureInfo.InvariantCulture);
            _entries.Add(key, (shard, new DueEntry(key, partition, dueAt, _time.GetUtcNow())));
            return ValueTask.FromResult(key);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<DueEntry>>(
                [.. _entries.Values.Where(e => e.Shard == shard && e.Entry.DueAt <= until).Select(e => e.Entry).OrderBy(e => e.DueAt).Take(max)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            foreach (var key in keys)
            {
                _entries.Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }
}
