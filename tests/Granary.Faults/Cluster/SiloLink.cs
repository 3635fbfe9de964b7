using System.Diagnostics;

namespace Granary.Faults.Cluster;

/// <summary>What callers know of a silo: how to reach it, and whether it answered when it was last asked.</summary>
internal sealed class SiloLink(int number, Uri address, TimeSpan attemptPatience) : IDisposable
{
    private static readonly long ProbeInterval = Stopwatch.Frequency;

    private long _answered;
    private long _nextProbe;

    public int Number => number;

    public Connection Connection { get; } = new(address, int.MaxValue, attemptPatience);

    /// <summary>Whether to ask it: it answers, or it did not and this caller is the one to see whether it does again.</summary>
    public bool MayTry()
    {
        var probe = Volatile.Read(ref _nextProbe);
        var now = Stopwatch.GetTimestamp();
        return probe == 0 || (now >= probe && Interlocked.CompareExchange(ref _nextProbe, now + ProbeInterval, probe) == probe);
    }

    /// <summary>Takes note of what came of a request.</summary>
    /// <param name="sent">When it was sent, in ticks of the stopwatch.</param>
    /// <param name="answer">What came.</param>
    public void Note(long sent, Answer answer)
    {
        if (!answer.IsLost && !answer.Is(503, "stopping"))
        {
            Volatile.Write(ref _answered, answer.At);
            Volatile.Write(ref _nextProbe, 0);
        }
        else if (!answer.TimedOut || Volatile.Read(ref _answered) < sent)
        {
            // While others are answered it is the session that hangs, not the silo.
            Interlocked.CompareExchange(ref _nextProbe, answer.At + ProbeInterval, 0);
        }
    }

    public void Dispose() => Connection.Dispose();
}
