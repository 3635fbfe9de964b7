using Granary.Core.Recall.Filtering;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Tokens;
using Found = Granary.Core.Recall.Ranking.RankedUnit;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// One recall: ranks, then reads what ranks first and keeps what the whole filter lets pass, going down the ranking until there is enough. So a filter
/// that the index cannot judge alone (metadata) is neither relaxed nor cuts the answer short.
/// </summary>
internal sealed class RecallSearch(
    UserIndex index, Recaller recaller, HitReader reader, ITokenCounter tokens, MemoryFilterEvaluator filter, RecallMeaning meaning, RecallRequest request,
    DateTimeOffset now)
{
    /// <summary>The score of a hit that shows as one half.</summary>
    private const double HalfScore = 4;

    /// <summary>After so long without anything new the user is taken to ask about the past.</summary>
    private static readonly TimeSpan Absence = TimeSpan.FromDays(30);

    /// <summary>How many more are ranked where the filter let too few pass.</summary>
    private const int Growth = 4;

    /// <summary>Units found by vectors that are ranked together with those found by words, at the least.</summary>
    private const int MinNearest = 32;

    private readonly bool _byMeaningAlone = meaning.Search is not null && request.Mode == RecallMode.Vector;
    private readonly RecallPrefilter _prefilter = new(index.Lexical, filter, request);

    /// <summary>Finds the hits.</summary>
    /// <exception cref="Storage.StorageException">The store failed.</exception>
    public async Task<RecallResult> RunAsync(CancellationToken cancellationToken)
    {
        var ranked = await (request.GroupBySession ? SessionsAsync(cancellationToken) : UnitsAsync(request.Limit, kept => kept.Count >= request.Limit, cancellationToken)).ConfigureAwait(false);
        var hits = new List<RecallHit>(ranked.Count);
        var sum = 0;
        foreach (var hit in ranked)
        {
            var cost = tokens.Count(hit.Content, model: null);
            if (hit.Score < request.MinScore || hits.Count == request.Limit || (request.MaxTokens is { } most && sum + cost > most))
            {
                continue;
            }

            sum += cost;
            hits.Add(hit);
        }

        return new RecallResult
        {
            Hits = hits,
            Tokens = sum,
            Mode = meaning.Search is null ? RecallMode.Keyword : _byMeaningAlone ? RecallMode.Vector : RecallMode.Hybrid,
            Fallback = meaning.Fallback,
        };
    }

    /// <summary>Goes down the ranking until there is enough.</summary>
    /// <param name="first">How many are ranked at first.</param>
    /// <param name="isEnough">Whether no more need be read.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    private async Task<List<RecallHit>> UnitsAsync(int first, Predicate<List<RecallHit>> isEnough, CancellationToken cancellationToken)
    {
        var kept = new List<RecallHit>();
        var seen = new HashSet<(bool IsMessage, string Source, long Sequence)>();
        for (var limit = first; ; limit *= Growth)
        {
            var ranked = await RankAsync(limit, cancellationToken).ConfigureAwait(false);

            // With more of them, or what is added meanwhile, the ranking may shift: who was looked at is not looked at twice.
            foreach (var some in ranked.Where(hit => seen.Add((hit.Kind == UnitKind.Message, hit.Source, hit.Sequence))).Chunk(HitReader.MaxHits))
            {
                kept.AddRange(await ReadAsync(some, cancellationToken).ConfigureAwait(false));
            }

            if (isEnough(kept) || ranked.Count < limit)
            {
                return [.. kept.OrderByDescending(hit => hit.Score)];
            }
        }
    }

    private async Task<IReadOnlyList<Found>> RankAsync(int limit, CancellationToken cancellationToken)
    {
        if (!_byMeaningAlone)
        {
            return recaller.Recall(await QueryAsync(limit, cancellationToken).ConfigureAwait(false));
        }

        var nearest = await meaning.Search!.FindAsync(limit, _prefilter, cancellationToken).ConfigureAwait(false);
        return [.. nearest.Select(hit => UserVectors.Found(index.Lexical, hit.Unit, hit.Score))];
    }

    private async Task<List<RecallHit>> SessionsAsync(CancellationToken cancellationToken)
    {
        if (_prefilter.IsPartial || !_prefilter.AdmitsTurns || _byMeaningAlone)
        {
            var all = await UnitsAsync(int.Max(request.Limit * 16, 256), kept => Sessions(kept).Count() >= request.Limit, cancellationToken).ConfigureAwait(false);
            return [.. Sessions(all)];
        }

        var sessions = recaller.RecallSessions(await QueryAsync(request.Limit, cancellationToken).ConfigureAwait(false));
        var kept = new List<RecallHit>(sessions.Count);
        foreach (var some in sessions.Chunk(HitReader.MaxHits))
        {
            kept.AddRange(await ReadAsync([.. some.Select(session => session.Best with { Score = session.Score })], cancellationToken).ConfigureAwait(false));
        }

        return kept;
    }

    private static IEnumerable<RecallHit> Sessions(List<RecallHit> hits) => hits.Where(hit => hit.SessionId is not null).DistinctBy(hit => hit.SessionId);

    private async Task<RecallQuery> QueryAsync(int limit, CancellationToken cancellationToken)
    {
        var nearest = meaning.Search is null ? [] : await meaning.Search.FindAsync(int.Max(limit, MinNearest), _prefilter, cancellationToken).ConfigureAwait(false);
        return new RecallQuery
        {
            Text = request.Query,
            Limit = limit,
            Filter = _prefilter.Passes,
            Now = Reference(),
            Vectors = [.. nearest.Select(hit => new VectorCandidate(hit.Unit, hit.Score))],
        };
    }

    /// <summary>
    /// The time that "last week" is told from: now, where the user is heard of; else the time of the newest message. Who asks about conversations that lie
    /// back, imported ones for instance, asks as of their end.
    /// </summary>
    private DateTimeOffset? Reference() => now.ToUnixTimeSeconds() - index.Lexical.NewestTime > (long)Absence.TotalSeconds ? null : now;

    /// <summary>Reads hits; those that are gone or do not pass are left out.</summary>
    private async Task<IEnumerable<RecallHit>> ReadAsync(IReadOnlyList<Found> found, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAsync(found, cancellationToken).ConfigureAwait(false);
        return read.Where(Passes).Select(Shown);
    }

    private bool Passes(ReadHit hit) => hit.Record is { } record
        ? record.State is MemoryState.Active or MemoryState.Expiring
            && filter.AdmitsRecord(
                record.Kind, record.AgentId, record.Category, (record.EventTime ?? record.CreatedAt).UtcTicks, record.Sources.Any(source => source.SessionId == filter.SessionId))
            && filter.AdmitsMetadata(record.Metadata)
        : filter.AdmitsTurn(hit.SessionId!, hit.AgentId, hit.Message!.Role, hit.Message.Timestamp!.Value.UtcTicks)
            && filter.AdmitsMetadata(hit.Message.Metadata);

    private RecallHit Shown(ReadHit hit) => new()
    {
        Id = hit.Record?.Id ?? $"{RecallHit.TurnPrefix}{hit.SessionId}:{hit.Message!.Sequence}",
        Content = hit.Record?.Content ?? hit.Message!.Content,
        Score = _byMeaningAlone ? double.Max(0, hit.Found.Score) : hit.Found.Score / (hit.Found.Score + HalfScore),
        ScoreParts = Parts(hit.Found.Parts),
        SessionId = hit.SessionId,
        Message = hit.Message,
        Record = hit.Record,
        AgentId = hit.AgentId,
        Timestamp = hit.Record is { } record ? record.EventTime ?? record.CreatedAt : hit.Message!.Timestamp!.Value,
    };

    private static Dictionary<string, double> Parts(ScoreParts parts)
    {
        var shown = new Dictionary<string, double>(StringComparer.Ordinal) { ["words"] = Math.Round(parts.Words, 4) };
        Add("neighbours", parts.Neighbours, 0);
        Add("session", parts.Session, 0);
        Add("vectors", parts.Vectors, 0);
        Add("speaker", parts.Speaker, 1);
        Add("form", parts.Form, 1);
        Add("time", parts.Time, 1);
        Add("recency", parts.Recency, 1);
        Add("record", parts.Record, 1);
        return shown;

        void Add(string name, double value, double neutral)
        {
            if (value != neutral)
            {
                shown[name] = Math.Round(value, 4);
            }
        }
    }
}
