using Granary.Core.Recall.Filtering;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    private static readonly MemoryState[] ActiveStates = [MemoryState.Active, MemoryState.Expiring];

    /// <summary>The records that a query selects, the youngest first.</summary>
    public async Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken)
    {
        MemoryValidator.Validate(query);
        var filter = MemoryFilterEvaluator.Compile(query.Filter);
        var after = query.After is null ? default((long, long)?) : RecordPlace.ParseCursor(query.After);
        var now = _time.GetUtcNow();
        var places = new List<RecordPlace>();
        Select(filter, query.States is { Count: > 0 } states ? states : ActiveStates, now, (in RecordRow row) => places.Add(new RecordPlace(in row)));
        return filter.NeedsMetadata
            ? await ListByMetadataAsync(filter, query, after, places, now, cancellationToken).ConfigureAwait(false)
            : await ListAsync(query, after, places, now, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The user's memory in figures.</summary>
    public async Task<UserStats> GetStatsAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            EnsureUsable();
        }

        var (messages, pending) = await IndexedMessagesAsync(cancellationToken).ConfigureAwait(false);
        var now = _time.GetUtcNow();
        var figures = new RecordFigures();
        lock (Gate)
        {
            EnsureUsable();
            var table = _records.Table;
            for (var place = 0; place < table.Rows; place++)
            {
                ref var row = ref table[place];
                if (row.Number != 0)
                {
                    figures.Count(in row, row.Category >= 0 ? table.Names[row.Category] : null, now);
                }
            }

            return figures.Told(_sessions.Count, messages) with { PendingVectors = pending };
        }
    }

    private delegate void RowAction(in RecordRow row);

    /// <summary>Runs through the records that a filter selects, but for their metadata. Takes its turn of the actor.</summary>
    private void Select(MemoryFilterEvaluator filter, IReadOnlyList<MemoryState> states, DateTimeOffset now, RowAction found)
    {
        var wanted = 0;
        foreach (var state in states)
        {
            wanted |= 1 << (int)state;
        }

        lock (Gate)
        {
            EnsureUsable();
            var table = _records.Table;
            var session = table.Names.Find(filter.SessionId);
            for (var place = 0; place < table.Rows; place++)
            {
                ref var row = ref table[place];
                if (row.Number != 0
                    && (wanted & (1 << (int)row.StateAt(now))) != 0
                    && filter.AdmitsRecord(row.KindOf, table.Names[row.Agent], row.Category >= 0 ? table.Names[row.Category] : null, row.Happened, row.IsFrom(session)))
                {
                    found(in row);
                }
            }
        }
    }

    private async Task<MemoryPage> ListAsync(
        MemoryQuery query, (long, long)? after, List<RecordPlace> places, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var total = places.Count;
        if (after is { } cursor)
        {
            places.RemoveAll(p => !p.IsBehind(cursor));
        }

        var page = RecordPlace.First(places, (int)Math.Min((long)query.Offset + query.Limit + 1, int.MaxValue - 1)).Skip(query.Offset).ToList();
        var listed = page.Take(query.Limit).ToList();
        var read = await ReadRecordsAsync(listed, cancellationToken).ConfigureAwait(false);

        // One that was purged meanwhile is left out.
        var memories = listed.Select(p => read.GetValueOrDefault(p.Id)?.At(now)).OfType<MemoryRecord>().ToList();
        return new MemoryPage(memories, total, page.Count > query.Limit ? listed[^1].Cursor : null);
    }

    /// <summary>Metadata stand in the documents only: those of all that the rest of the filter selects are read, a few at a time.</summary>
    private async Task<MemoryPage> ListByMetadataAsync(
        MemoryFilterEvaluator filter, MemoryQuery query, (long, long)? after, List<RecordPlace> places, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var memories = new List<MemoryRecord>();
        var (total, passed) = (0, 0);
        string? last = null;
        string? next = null;
        places.Sort();
        for (var from = 0; from < places.Count; from += StorageLimits.MaxIdsPerGet)
        {
            var some = places.GetRange(from, Math.Min(StorageLimits.MaxIdsPerGet, places.Count - from));
            var read = await ReadRecordsAsync(some, cancellationToken).ConfigureAwait(false);
            foreach (var place in some)
            {
                if (!read.TryGetValue(place.Id, out var document) || !filter.AdmitsMetadata(document.Record.Metadata))
                {
                    continue;
                }

                total++;
                if ((after is { } cursor && !place.IsBehind(cursor)) || passed++ < query.Offset)
                {
                    continue;
                }

                if (memories.Count == query.Limit)
                {
                    next ??= last;
                    continue;
                }

                memories.Add(document.At(now));
                last = place.Cursor;
            }
        }

        return new MemoryPage(memories, total, next);
    }

    private async Task<Dictionary<string, RecordDocument>> ReadRecordsAsync(List<RecordPlace> places, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        await ReadRecordsAsync([.. places.Select(p => p.Id)], read, cancellationToken).ConfigureAwait(false);
        return read;
    }
}
