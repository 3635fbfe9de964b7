using System.Diagnostics;

namespace Granary.Faults.Cluster;

/// <summary>An event with what it meant for callers.</summary>
/// <param name="Event">The event.</param>
/// <param name="Failover">What it meant for sessions.</param>
/// <param name="Ready">From the event until the silo was ready again, in seconds; null if it was not.</param>
/// <param name="Before">Calls answered per second since the event before was over; null if there was no time for it.</param>
/// <param name="During">The same from the event until the silo was ready and all sessions could be served.</param>
/// <param name="After">The same from there to the next event.</param>
/// <param name="Unanswered">Calls without an answer after all attempts, under way during it.</param>
internal sealed record EventFigures(
    ClusterEvent Event, Failover Failover, double? Ready, double? Before, double? During, double? After, int Unanswered);

/// <summary>The figures of a run.</summary>
internal sealed class Figures
{
    /// <summary>Shorter spans tell nothing about throughput.</summary>
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromSeconds(0.5);

    private readonly long[] _answered;

    /// <summary>Works them out.</summary>
    /// <param name="journal">What callers went through.</param>
    /// <param name="events">What was done to the silos, in order.</param>
    /// <param name="from">From when on the load counts, in ticks of the stopwatch.</param>
    /// <param name="until">Until when.</param>
    public Figures(CallJournal journal, IReadOnlyList<ClusterEvent> events, long from, long until)
    {
        _answered = [.. journal.Calls.Where(call => call.IsAnswered).Select(call => call.Ended).Order()];
        var attempts = journal.Attempts;
        var unanswered = journal.Calls.Where(call => !call.IsAnswered).ToList();
        var loose = new HashSet<Call>(unanswered);
        var calm = new List<(long From, long Until)>();
        var spans = new Dictionary<Phase, (long Calls, double Seconds)>();
        var over = from;
        foreach (var (index, at) in events.Index())
        {
            var next = index + 1 < events.Count ? events[index + 1].At : until;
            var failover = Failover.Find(attempts, at.Silo, at.At, next);
            var last = failover.Unrecovered > 0 ? next : at.At + (long)(failover.Recoveries.LastOrDefault() * Stopwatch.Frequency);
            var recovered = Math.Min(next, Math.Max(at.ReadyAt, last));
            var mine = unanswered.Where(call => call.Ended > at.At && call.Sent < recovered).ToList();
            loose.ExceptWith(mine);
            Events.Add(new EventFigures(
                at,
                failover,
                at.ReadyAt == long.MaxValue ? null : Stopwatch.GetElapsedTime(at.At, at.ReadyAt).TotalSeconds,
                Rate(Phase.Before, over, at.At),
                Rate(Phase.During, at.At, recovered),
                Rate(Phase.After, recovered, next),
                mine.Count));
            calm.Add((over, at.At));
            over = recovered;
        }

        calm.Add((over, until));
        Calm = events.Count == 0 ? Rate(Phase.Before, from, until) : Total(Phase.Before);
        During = Total(Phase.During);
        After = Total(Phase.After);
        Unanswered = unanswered.Count;
        UnansweredInCalm = loose.Count;
        UnansweredInRolling = Events.Where(figures => figures.Event.Kind == Scenario.Rolling).Sum(figures => figures.Unanswered);
        Retries = journal.Calls.Sum(call => call.Attempts - 1L);
        AppendLatencies =
        [
            .. journal.Calls.Where(call => call is { IsAppend: true, IsAnswered: true } && calm.Any(span => call.Sent >= span.From && call.Ended < span.Until))
                .Select(call => Stopwatch.GetElapsedTime(call.Sent, call.Ended).TotalMilliseconds).Order(),
        ];
        Failovers = [.. Events.Where(figures => figures.Event.Kind == Scenario.Kill).SelectMany(figures => figures.Failover.Recoveries).Order()];

        double? Rate(Phase phase, long begin, long end)
        {
            var seconds = Stopwatch.GetElapsedTime(begin, end).TotalSeconds;
            if (seconds < ShortestSpan.TotalSeconds)
            {
                return null;
            }

            var calls = Until(end) - Until(begin);
            var (callsSoFar, secondsSoFar) = spans.GetValueOrDefault(phase);
            spans[phase] = (callsSoFar + calls, secondsSoFar + seconds);
            return calls / seconds;
        }

        double? Total(Phase phase) => spans.TryGetValue(phase, out var span) ? span.Calls / span.Seconds : null;
    }

    private enum Phase
    {
        Before,
        During,
        After,
    }

    public List<EventFigures> Events { get; } = [];

    /// <summary>Calls answered per second while nothing was done to the silos: before the events.</summary>
    public double? Calm { get; }

    /// <summary>Calls answered per second from the events until all was well again.</summary>
    public double? During { get; }

    /// <summary>Calls answered per second from there to the next event.</summary>
    public double? After { get; }

    /// <summary>Calls without an answer after all attempts.</summary>
    public int Unanswered { get; }

    /// <summary>Those of them that no event explains.</summary>
    public int UnansweredInCalm { get; }

    /// <summary>Those of them during rolling restarts.</summary>
    public int UnansweredInRolling { get; }

    /// <summary>Attempts after the first one of each call.</summary>
    public long Retries { get; }

    /// <summary>How long appends took while nothing was done to the silos, in milliseconds, sorted.</summary>
    public IReadOnlyList<double> AppendLatencies { get; }

    /// <summary>From each kill to the first success of each session that was lost with the silo, in seconds, sorted.</summary>
    public IReadOnlyList<double> Failovers { get; }

    /// <summary>How many calls were answered until then.</summary>
    private int Until(long end)
    {
        var place = Array.BinarySearch(_answered, end);
        return place < 0 ? ~place : place;
    }
}
