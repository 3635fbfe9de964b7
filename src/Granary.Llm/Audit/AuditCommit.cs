using Granary.Core.Storage;

namespace Granary.Llm.Audit;

/// <summary>The records of one commit and what they add to which totals.</summary>
internal sealed class AuditCommit
{
    private readonly Dictionary<string, (string? Name, UsageTotals Added)> _totals = new(StringComparer.Ordinal);

    private AuditCommit(IReadOnlyList<AuditCall> calls)
    {
        Calls = calls;
        foreach (var call in calls)
        {
            foreach (var (id, name) in TotalsOf(call))
            {
                var before = _totals.TryGetValue(id, out var known) ? known.Added : new UsageTotals();
                _totals[id] = (name, before.Add(call));
            }
        }

        Ids = [AuditPartitions.OfCall(calls[0].Id), .. _totals.Keys];
    }

    public IReadOnlyList<AuditCall> Calls { get; }

    public IEnumerable<(string Id, string? Name, UsageTotals Added)> Totals => _totals.Select(total => (total.Key, total.Value.Name, total.Value.Added));

    /// <summary>The documents to read before the commit: its first record, then the totals.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>As many of the records, from the first, as one commit takes. (A document is a few KiB at the most: only their number counts.)</summary>
    public static AuditCommit Of(IEnumerable<AuditCall> calls)
    {
        var taken = new List<AuditCall>();
        var totals = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in calls)
        {
            var more = TotalsOf(call).Select(total => total.Id).Where(id => !totals.Contains(id)).ToList();
            if (taken.Count + 1 + totals.Count + more.Count > StorageLimits.MaxDocumentsPerCommit)
            {
                break;
            }

            taken.Add(call);
            totals.UnionWith(more);
        }

        return new AuditCommit(taken);
    }

    private static IEnumerable<(string Id, string? Name)> TotalsOf(AuditCall call)
    {
        yield return (AuditPartitions.TenantTotals, null);
        yield return (AuditPartitions.OfModel(call.Model), call.Model);
        if (call.UserId is not { } user)
        {
            yield break;
        }

        yield return (AuditPartitions.OfUser(user), user);
        if (call.SessionId is { } session)
        {
            yield return (AuditPartitions.OfSession(user, session), session);
        }
    }
}
