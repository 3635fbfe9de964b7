using System.Collections.Concurrent;
using System.Diagnostics;

namespace Granary.Faults;

/// <summary>All sessions of the run and everything that was sent to them.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentQueue<Session> sessions = new();
    private readonly ConcurrentDictionary<Session, bool> touched = new();
    private int lastSession;
    private long lastAppend;

    public IReadOnlyCollection<Session> Sessions => sessions;

    public Session NewSession(bool stays = false)
    {
        var session = new Session(Interlocked.Increment(ref lastSession), stays);
        sessions.Enqueue(session);
        return session;
    }

    /// <summary>The number of the next append.</summary>
    public long NextAppend() => Interlocked.Increment(ref lastAppend);

    /// <summary>Remembers an append; called right before it is sent.</summary>
    public void Add(Append append)
    {
        append.Sent = Stopwatch.GetTimestamp();
        append.Session.Add(append);
        Touch(append.Session);
    }

    /// <summary>Remembers that a session was spoken to.</summary>
    public void Touch(Session session) => touched[session] = true;

    /// <summary>The sessions that were spoken to since the last call.</summary>
    public IReadOnlyList<Session> TakeTouched()
    {
        var taken = touched.Keys.OrderBy(session => session.Number).ToList();
        touched.Clear();
        return taken;
    }
}
