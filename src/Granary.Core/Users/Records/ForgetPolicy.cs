namespace Granary.Core.Users.Records;

/// <summary>A record that a policy weighs, as it was when it was found.</summary>
internal readonly struct ForgetCandidate(in RecordRow row, DateTimeOffset now)
{
    private readonly string? _name = row.Name;
    private readonly uint _random = row.Random;
    private readonly long _number = row.Number;
    private readonly int _revision = row.Revision;
    private readonly int _accesses = row.Accesses;

    public string Id => _name ?? RecordIds.Make(_number, _random);

    public bool Pinned { get; } = row.Pinned;

    public long Created { get; } = row.Created;

    public long LastActivity { get; } = row.LastActivity;

    public double Retention { get; } = row.RetentionAt(now);

    /// <summary>Whether the record was neither changed nor used since.</summary>
    public bool IsStill(RecordDocument document) => document.Record.Revision == _revision && document.Record.AccessCount == _accesses && !document.Record.Pinned;

    /// <summary>The one to forget first comes first: the least worth keeping, of equals the oldest.</summary>
    public static int LeastWorthFirst(ForgetCandidate a, ForgetCandidate b) =>
        (a.Retention, a.Created, a._number).CompareTo((b.Retention, b.Created, b._number));
}

/// <summary>Which of a user's records a call of forgetting means.</summary>
internal static class ForgetPolicy
{
    /// <summary>Chooses from the records that the filter selects. Those that one of the policies names, and then those beyond the number to keep.</summary>
    public static List<ForgetCandidate> Choose(ForgetRequest request, List<ForgetCandidate> candidates, DateTimeOffset now)
    {
        var oldest = request.MaxAgeDays is { } age ? now.UtcTicks - (age * TimeSpan.TicksPerDay) : long.MinValue;
        var idlest = request.MaxInactiveDays is { } idle ? now.UtcTicks - (idle * TimeSpan.TicksPerDay) : long.MinValue;
        var chosen = new List<ForgetCandidate>();
        var rest = new List<ForgetCandidate>();
        foreach (var candidate in candidates)
        {
            var named = request.All || candidate.Created < oldest || candidate.LastActivity < idlest || candidate.Retention < request.MinRetention;
            if (named && !candidate.Pinned)
            {
                chosen.Add(candidate);
            }
            else
            {
                rest.Add(candidate);
            }
        }

        if (request.Keep is { } keep && rest.Count > keep)
        {
            // Pinned ones fill the budget, and stay even beyond it.
            var free = rest.Where(c => !c.Pinned).ToList();
            free.Sort(ForgetCandidate.LeastWorthFirst);
            chosen.AddRange(free.Take(rest.Count - keep));
        }

        return chosen;
    }
}
