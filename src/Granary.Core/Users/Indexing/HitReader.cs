using Granary.Core.Recall.Lexical;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Users.Records;
using Found = Granary.Core.Recall.Ranking.RankedUnit;

namespace Granary.Core.Users.Indexing;

/// <summary>A hit with what it stands for.</summary>
/// <param name="Found">The hit.</param>
/// <param name="SessionId">The session of its message, or of the record's newest source.</param>
/// <param name="AgentId">The agent.</param>
/// <param name="Message">The message, where it is one.</param>
/// <param name="Record">The record, where it is one.</param>
internal sealed record ReadHit(Found Found, string? SessionId, string AgentId, Message? Message, MemoryRecord? Record);

/// <summary>Reads the texts of hits from the partitions that have them.</summary>
internal sealed class HitReader(IPartitionStore store, UserKey user, UserIndex index, DateTimeOffset now)
{
    /// <summary>Hits of one call.</summary>
    public const int MaxHits = 64;

    /// <summary>The hits in their order; what is gone meanwhile is left out.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<IReadOnlyList<ReadHit>> ReadAsync(IReadOnlyList<Found> hits, CancellationToken cancellationToken)
    {
        var read = new Dictionary<Found, ReadHit>(ReferenceEqualityComparer.Instance);
        foreach (var session in hits.Where(hit => hit.Kind == UnitKind.Message).GroupBy(hit => hit.Source))
        {
            await ReadMessagesAsync(session.Key, [.. session], read, cancellationToken).ConfigureAwait(false);
        }

        var records = hits.Where(hit => hit.Kind != UnitKind.Message).ToDictionary(hit => RecordDocumentIds.Record(hit.Source));
        if (records.Count > 0)
        {
            var page = await store.GetAsync(PartitionNames.Of(user), [.. records.Keys], cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                var record = RecordDocument.Decode(document.Body.Span).At(now);
                var hit = records[document.Id];
                read[hit] = new ReadHit(hit, record.Sources.Count == 0 ? null : record.Sources[^1].SessionId, record.AgentId, null, record);
            }
        }

        return [.. hits.Select(hit => read.GetValueOrDefault(hit)).OfType<ReadHit>()];
    }

    private async Task ReadMessagesAsync(string session, List<Found> hits, Dictionary<Found, ReadHit> read, CancellationToken cancellationToken)
    {
        var places = new Dictionary<string, List<Found>>(StringComparer.Ordinal);
        string agent;
        lock (index.Gate)
        {
            var indexed = index.Session(session);
            agent = indexed.Agent ?? Ids.DefaultAgent;
            foreach (var hit in hits)
            {
                // Superseded or erased since it was ranked: not there any more.
                if (indexed.DocumentOf(hit.Sequence) is { } first && !indexed.IsSuperseded(hit.Sequence))
                {
                    var id = SessionDocumentIds.Append(first);
                    (places.TryGetValue(id, out var some) ? some : places[id] = []).Add(hit);
                }
            }
        }

        var page = await store.GetAsync(
            PartitionNames.Of(new SessionKey(user.Tenant, user.User, session)), [SessionDocumentIds.Head, .. places.Keys], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0 || page.Documents[0].Id != SessionDocumentIds.Head
            || SessionHead.Decode(page.Documents[0].Body.Span).Phase is not (SessionPhase.Active or SessionPhase.Completed))
        {
            return;
        }

        foreach (var document in page.Documents.Skip(1))
        {
            var append = AppendDocument.Decode(document);
            foreach (var hit in places[document.Id])
            {
                var at = (int)(hit.Sequence - append.First);
                if (at >= 0 && at < append.Entries.Count)
                {
                    read[hit] = new ReadHit(hit, session, agent, append.Entries[at].Message, null);
                }
            }
        }
    }
}
