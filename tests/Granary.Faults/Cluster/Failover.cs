using System.Diagnostics;

namespace Granary.Faults.Cluster;

/// <summary>What the loss of a silo meant for sessions.</summary>
/// <param name="Active">How many sessions that had been served before were spoken to from the loss until the end of the window.</param>
/// <param name="Recoveries">Of each of them that was lost with the silo: the time from the loss to its first success, in seconds, sorted.</param>
/// <param name="Unrecovered">How many more were lost with it and not served until the end of the window.</param>
/// <param name="Later">How many sessions were blocked later: served since the loss, or new, and then not served for a while.</param>
/// <param name="LongestLater">The longest such while, in seconds.</param>
internal sealed record Failover(int Active, double[] Recoveries, int Unrecovered, int Later, double LongestLater)
{
    /// <summary>From here on an answer is slow enough to tell that the session was not to be had.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    public int Lost => Recoveries.Length + Unrecovered;

    /// <summary>
    /// Finds the sessions that were lost with a silo. Nobody says which it held. But a caller who asks a silo that lives, and is refused or
    /// waits, asked for a session that is to be had nowhere; where that is the first that comes of the session after the loss, the session was lost
    /// with the silo. (To be refused by the lost silo itself tells nothing.)
    /// </summary>
    /// <param name="attempts">What callers went through, also before.</param>
    /// <param name="lost">The number of the lost silo.</param>
    /// <param name="at">When it was lost, in ticks of the stopwatch.</param>
    /// <param name="until">The end of the window.</param>
    public static Failover Find(IReadOnlyCollection<Attempt> attempts, int lost, long at, long until)
    {
        var known = attempts.Where(attempt => attempt.Ended <= at && !attempt.IsPassing).Select(attempt => attempt.Session).ToHashSet();
        var active = 0;
        var unrecovered = 0;
        var later = 0;
        var longestLater = TimeSpan.Zero;
        var recoveries = new List<double>();
        foreach (var session in attempts.Where(Counts).GroupBy(attempt => attempt.Session))
        {
            var inOrder = session.OrderBy(attempt => attempt.Sent).ToList();
            var isKnown = known.Contains(session.Key);
            active += isKnown ? 1 : 0;
            var served = at;
            if (isKnown && IsTrouble(inOrder[0]))
            {
                served = SuccessAfter(inOrder, at);
                if (served == long.MaxValue)
                {
                    unrecovered++;
                    continue;
                }

                recoveries.Add(Stopwatch.GetElapsedTime(at, served).TotalSeconds);
            }

            var blocked = inOrder.Where(attempt => attempt.Sent >= served && IsTrouble(attempt))
                .Select(attempt => Stopwatch.GetElapsedTime(attempt.Sent, Math.Min(until, SuccessAfter(inOrder, attempt.Sent)))).ToList();
            if (blocked.Count > 0)
            {
                later++;
                longestLater = blocked.Append(longestLater).Max();
            }
        }

        return new Failover(active, [.. recoveries.Order()], unrecovered, later, longestLater.TotalSeconds);

        bool Counts(Attempt attempt) => attempt.Session > 0 && attempt.Ended > at && attempt.Sent < until
            && (attempt.Sent >= at || IsTrouble(attempt)) && !(attempt.Silo == lost && attempt.IsPassing);

        bool IsTrouble(Attempt attempt) =>
            attempt.IsPassing || Stopwatch.GetElapsedTime(Math.Max(attempt.Sent, at), attempt.Ended) > Slow;
    }

    private static long SuccessAfter(List<Attempt> attempts, long time) =>
        attempts.Where(attempt => !attempt.IsPassing && attempt.Ended >= time).Select(attempt => attempt.Ended).DefaultIfEmpty(long.MaxValue).Min();
}
