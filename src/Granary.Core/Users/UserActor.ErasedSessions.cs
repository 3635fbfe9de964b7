using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

/// <summary>
/// What sessions said goes with them: when one is erased, nothing that only it said may stay. What came from it alone is removed with its history; what
/// others said too, or the caller wrote, stays without its earlier texts and without the erased session's reasons; what was synthesized from many is
/// removed, and can be made again.
/// </summary>
internal sealed partial class UserActor
{
    /// <summary>Records whose histories are read at a time.</summary>
    private const int MaxHistoriesAtOnce = 100;

    // Under the gate: the sessions that are being taken out of the records, and how often one was, or was tried.
    private int _forgetting;
    private int _forgets;

    /// <summary>Whether what was read since then may be of a session that is not to be known any more. Called under the gate.</summary>
    /// <param name="forgets">What <see cref="_forgets"/> was before it was read.</param>
    private bool IsForgotten(int forgets) => _forgetting > 0 || _forgets != forgets;

    /// <summary>
    /// Removes what an erased session left in the records. Can be repeated, also at the same time. Nothing is held meanwhile: what is made of records that
    /// were read before is kept by nobody who asks <see cref="IsForgotten"/>.
    /// </summary>
    private async Task ForgetSessionAsync(string session)
    {
        lock (Gate)
        {
            EnsureNotLost();
            _forgetting++;
        }

        try
        {
            // What was kept until now is in the table then.
            await SettleAsync().ConfigureAwait(false);
            var ids = FindFrom(session);
            ids.UnionWith(await CrowdedAsync().ConfigureAwait(false));
            foreach (var some in ids.Chunk(MaxHistoriesAtOnce))
            {
                await ForgetSessionAsync(session, some).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
            {
                _forgetting--;
                _forgets++;
            }
        }

        // Rows, of today or before, may name it.
        bool isNamed;
        lock (Gate)
        {
            isNamed = _records.Table.Names.Find(session) >= 0;
        }

        if (isNamed)
        {
            await SealRecordsAsync(all: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ForgetSessionAsync(string session, IReadOnlyList<string> ids)
    {
        for (var round = 1; round <= MaxRounds; round++)
        {
            var histories = await ReadHistoriesAsync(ids).ConfigureAwait(false);
            var moved = new HashSet<string>(StringComparer.Ordinal);

            // Nothing is ahead: what the session learned was delivered, so durable, before it could be erased.
            await ChangeInCommitsAsync(
                ids,
                static id => id,
                (plan, id, document) =>
                {
                    var runs = histories.GetValueOrDefault(id) ?? [];
                    if (document.Run == runs.Count + 1)
                    {
                        return ForgetSession(plan, document, runs, session);
                    }

                    moved.Add(id);
                    return false;
                },
                changed: null,
                CancellationToken.None).ConfigureAwait(false);
            if (moved.Count == 0)
            {
                return;
            }

            ids = [.. moved];
        }

        throw new UnavailableException(ErrorCodes.StorageUnavailable, "Memories that are to be forgotten change all the time.", TimeSpan.FromSeconds(1));
    }

    /// <summary>The records that may come from a session by what memory knows of them.</summary>
    private HashSet<string> FindFrom(string session)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        lock (Gate)
        {
            EnsureNotLost();
            var table = _records.Table;
            var place = table.Names.Find(session);
            for (var at = 0; at < table.Rows; at++)
            {
                ref var row = ref table[at];
                if (row.Number != 0 && (row.IsFrom(place) || MemorySynthesis.MayBeSynthesized(row.Name)))
                {
                    ids.Add(row.Id);
                }
            }
        }

        return ids;
    }

    /// <summary>The records that came from more sessions than they list: only their histories tell which.</summary>
    private async Task<List<string>> CrowdedAsync()
    {
        var ids = new List<string>();
        DocumentRange? range = DocumentRange.Prefix(RecordDocumentIds.CrowdedPrefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, CancellationToken.None).ConfigureAwait(false);
            ids.AddRange(page.Documents.Select(document => DocumentIds.Decode(document.Id[RecordDocumentIds.CrowdedPrefix.Length..])));
            range = page.Next is null ? null : next with { From = page.Next };
        }

        return ids;
    }

    /// <summary>The closed runs of those records that have some.</summary>
    private async Task<Dictionary<string, List<HistoryDocument>>> ReadHistoriesAsync(IReadOnlyList<string> ids)
    {
        var records = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        await ReadRecordsAsync(ids, records, CancellationToken.None).ConfigureAwait(false);
        var histories = new Dictionary<string, List<HistoryDocument>>(StringComparer.Ordinal);
        foreach (var record in records.Values.Where(record => record.Run > 1))
        {
            histories[record.Id] = await ReadRunsAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
        }

        return histories;
    }

    private bool ForgetSession(RecordPlan plan, RecordDocument document, IReadOnlyList<HistoryDocument> runs, string session)
    {
        if (!RecordWithoutSession.TryForget(document, runs, session, out var rest))
        {
            return false;
        }

        // What it said before may be known from another record by now.
        if (rest is null || (rest.Key != document.Key && rest.StateAt(plan.Now).IsActive() && plan.FindEqual(rest.Key) is not null))
        {
            plan.Purge(document);
            if (MemorySynthesis.IsSynthesized(document.Record))
            {
                SynthesizeAgain(plan, document.Record.AgentId);
            }

            return true;
        }

        plan.Scrub(document);
        for (var run = 1; run < document.Run; run++)
        {
            plan.Also(DocumentWrite.Delete(RecordDocumentIds.Run(document.Id, run)));
        }

        plan.Change(rest, rest.Record, MemoryEvent.Update, "A session that it came from was erased.");
        return true;
    }
}
