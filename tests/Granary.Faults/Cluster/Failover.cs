using System.Diagnostics;

namespace Granary.Faults.Cluster;

/// <summary>What the loss of a silo meant for sessions.</summary>
/// <param name="Active">How many sessions were spoken to from the loss until the end of the window.</param>
/// <param name="Recoveries">
/// Of each session that another silo could not serve: the time from the loss to its first success after that, in seconds, sorted.
/// </param>
/// <param name="Unrecovered">How many sessions could not be served until the end of the window.</param>
internal sealed record Failover(int Active, double[] Recoveries, int Unrecovered)
{
    /// <summary>From here on an answer is slow enough to tell that the session was not to be had.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    public int Blocked => Recoveries.Length + Unrecovered;

    /// <summary>
    /// Finds the sessions that were lost with a silo. Nobody says which it held. But a caller who asks a silo that lives, and is refused or
    /// waits, asked for a session that is to be had nowhere. (To be refused by the lost silo itself tells nothing.)
    /// </summary>
    /// <param name="attempts">What callers went through.</param>
    /// <param name="lost">The number of the lost silo.</param>
    /// <param name="at">When it was lost, in ticks of the stopwatch.</param>
    /// <param name="until">The end of the window.</param>
    public static Failover Find(IEnumerable<Attempt> attempts, int lost, long at, long until)
    {
        var active = 0;
        var unrecovered = 0;
        var recoveries = new List<double>();
        foreach (var session in attempts.Where(attempt => attempt.Session > 0 && attempt.Ended > at && attempt.Sent < until).GroupBy(attempt => attempt.Session))
        {
            active++;
            var troubled = session.Where(attempt => attempt.Silo != lost && (attempt.IsPassing || IsSlow(attempt, at))).Select(attempt => attempt.Sent);
            if (troubled.DefaultIfEmpty(long.MaxValue).Min() is var since and < long.MaxValue)
            {
                var success = session.Where(attempt => !attempt.IsPassing && attempt.Ended >= since && (attempt.Sent >= at || IsSlow(attempt, at)))
                    .Select(attempt => attempt.Ended).DefaultIfEmpty(long.MaxValue).Min();
                if (success < long.MaxValue)
                {
                    recoveries.Add(Stopwatch.GetElapsedTime(at, success).TotalSeconds);
                }
                else
                {
                    unrecovered++;
                }
            }
        }

        return new Failover(active, [.. recoveries.Order()], unrecovered);
    }

    private static bool IsSlow(Attempt attempt, long at) => Stopwatch.GetElapsedTime(Math.Max(attempt.Sent, at), attempt.Ended) > Slow;
}
