using System.Globalization;
using System.Text.Json;
using Granary.Core.Storage;

namespace Granary.Llm.Audit;

/// <summary>Reads totals and calls of the audit. What was recorded a moment ago may still wait to be written.</summary>
public sealed class UsageReader(IPartitionStore store)
{
    /// <summary>Days that are read at a time.</summary>
    private const int Parallel = 8;

    /// <summary>Pages that one look for calls reads at the most, so that a filter that matches nothing does not read a whole day in one request.</summary>
    private const int PagesPerLook = 8;

    /// <summary>The totals of a query.</summary>
    /// <exception cref="InvalidRequestException">The range of days or the grouping does not fit.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<UsageReport> ReadAsync(UsageQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query);
        var days = new DayUsage[query.To.DayNumber - query.From.DayNumber + 1];
        await System.Threading.Tasks.Parallel.ForAsync(
            0,
            days.Length,
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (i, token) => days[i] = await ReadDayAsync(query, query.From.AddDays(i), token).ConfigureAwait(false)).ConfigureAwait(false);

        var totals = days.Aggregate(new UsageTotals(), (sum, day) => sum.Add(day.Totals));
        if (query.By == UsageGrouping.Day)
        {
            return new UsageReport(totals, [.. days.Where(day => day.Totals.Calls > 0).Select(day => new UsageGroup(day.Name, day.Totals))], 0);
        }

        var groups = days.SelectMany(day => day.Groups)
            .GroupBy(group => group.Name, group => group.Totals, StringComparer.Ordinal)
            .Select(group => new UsageGroup(group.Key, group.Aggregate((sum, next) => sum.Add(next))))
            .OrderByDescending(group => group.Totals.InputTokens + group.Totals.OutputTokens)
            .ThenBy(group => group.Name, StringComparer.Ordinal)
            .ToList();
        return new UsageReport(totals, [.. groups.Take(query.Limit)], Math.Max(0, groups.Count - query.Limit));
    }

    /// <summary>The calls of a day, the oldest first.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="day">The day, UTC.</param>
    /// <param name="user">Only this user's, or null for all.</param>
    /// <param name="session">Only this session's, or null for all.</param>
    /// <param name="after">The id after which to go on (<c>Next</c> of the page before), or null to begin.</param>
    /// <param name="limit">How many at the most, 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The calls, and where to go on; null at the end. A page may be empty and not the last.</returns>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<(IReadOnlyList<AuditCall> Calls, string? Next)> CallsAsync(
        string tenant, DateOnly day, string? user, string? session, string? after, int limit, CancellationToken cancellationToken = default)
    {
        var range = DocumentRange.Prefix(AuditPartitions.CallPrefix);
        if (after is not null)
        {
            // The least id behind it.
            range = range with { From = AuditPartitions.OfCall(after) + "!" };
        }

        var calls = new List<AuditCall>();
        for (var pages = 0; pages < PagesPerLook; pages++)
        {
            var page = await store.ReadAsync(AuditPartitions.Of(tenant, day), range, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                var call = JsonSerializer.Deserialize(document.Body.Span, AuditJson.Default.CallDocument)!.Call;
                after = call.Id;
                if ((user is null || call.UserId == user) && (session is null || call.SessionId == session))
                {
                    calls.Add(call with { Tenant = tenant });
                    if (calls.Count == limit)
                    {
                        return (calls, after);
                    }
                }
            }

            if (page.Next is not { } next)
            {
                return (calls, null);
            }

            range = range with { From = next };
        }

        return (calls, after);
    }

    private async Task<DayUsage> ReadDayAsync(UsageQuery query, DateOnly day, CancellationToken cancellationToken)
    {
        var partition = AuditPartitions.Of(query.Tenant, day);
        var id = query switch
        {
            { User: { } user, Session: { } session } => AuditPartitions.OfSession(user, session),
            { User: { } user } => AuditPartitions.OfUser(user),
            _ => AuditPartitions.TenantTotals,
        };
        var page = await store.GetAsync(partition, [id], cancellationToken).ConfigureAwait(false);
        var totals = page.Documents.Count == 0 ? new UsageTotals() : Read(page.Documents[0]).Totals;
        var groups = query.By == UsageGrouping.Day || totals.Calls == 0 ? [] : await ReadGroupsAsync(partition, query, cancellationToken).ConfigureAwait(false);
        return new DayUsage(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), totals, groups);
    }

    private async Task<IReadOnlyList<UsageGroup>> ReadGroupsAsync(string partition, UsageQuery query, CancellationToken cancellationToken)
    {
        var range = DocumentRange.Prefix(query.By switch
        {
            UsageGrouping.User => AuditPartitions.UserPrefix,
            UsageGrouping.Model => AuditPartitions.ModelPrefix,
            _ => AuditPartitions.SessionPrefix(query.User!),
        });
        var groups = new List<UsageGroup>();
        for (string? from = range.From; from is not null;)
        {
            var page = await store.ReadAsync(partition, range with { From = from }, cancellationToken).ConfigureAwait(false);
            groups.AddRange(page.Documents.Select(Read).Select(document => new UsageGroup(document.Name!, document.Totals)));
            from = page.Next;
        }

        return groups;
    }

    private static UsageDocument Read(Document document) => JsonSerializer.Deserialize(document.Body.Span, AuditJson.Default.UsageDocument)!;

    private static void Check(UsageQuery query)
    {
        if (query.To < query.From)
        {
            throw new InvalidRequestException("to", "must not be before from");
        }

        if (query.To.DayNumber - query.From.DayNumber >= UsageQuery.MaxDays)
        {
            throw new InvalidRequestException("to", $"must be at most {UsageQuery.MaxDays} days after from");
        }

        if (query.Session is not null && query.User is null)
        {
            throw new InvalidRequestException("session_id", "needs a user: sessions are named within their user");
        }

        var fits = query.By switch
        {
            UsageGrouping.Day => true,
            UsageGrouping.Session => query is { User: not null, Session: null },
            _ => query.User is null,
        };
        if (!fits)
        {
            throw new InvalidRequestException("by", "must be day; user or model without a user; or session with a user and without a session");
        }
    }

    private sealed record DayUsage(string Name, UsageTotals Totals, IReadOnlyList<UsageGroup> Groups);
}
