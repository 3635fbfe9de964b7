using System.Collections.Concurrent;
using System.Diagnostics;

namespace Granary.Faults;

/// <summary>All sessions of the run and everything that was sent to them.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentQueue<Session> _sessions = new();
    private readonly ConcurrentDictionary<Session, bool> _touched = new();
    private int _lastSession;
    private long _lastAppend;

    public IReadOnlyCollection<Session> Sessions => _sessions;

    public Session NewSession(bool stays = false)
    {
        var session = new Session(Interlocked.Increment(ref _lastSession), stays);
        _sessions.Enqueue(session);
        return session;
    }

    /// <summary>The number of the next append.</summary>
    public long NextAppend() => Interlocked.Increment(ref _lastAppend);

    /// <summary>Remembers an append; called right before it is sent.</summary>
    public void Add(Append append)
    {
        append.Sent = Stopwatch.GetTimestamp();
        append.Session.Add(append);
        Touch(append.Session);
    }

    /// <summary>Remembers that a session was spoken to.</summary>
    public void Touch(Session session) => _touched[session] = true;

    /// <summary>The sessions that were spoken to since the last call.</summary>
    public IReadOnlyList<Session> TakeTouched()
    {
        var taken = _touched.Keys.OrderBy(session => session.Number).ToList();
        _touched.Clear();
        return taken;
    }
}
