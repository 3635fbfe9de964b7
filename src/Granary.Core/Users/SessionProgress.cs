using System.Collections.Concurrent;

namespace Granary.Core.Users;

/// <summary>
/// Tells a user's activation which of the user's sessions grew. Sound only where every session of the store lives in this process (the embedded host);
/// elsewhere recall asks the store about every session that is not completed.
/// </summary>
internal sealed class SessionProgress
{
    /// <summary>Watchers before those that are gone are looked for.</summary>
    private const int LeastSwept = 64;

    private readonly ConcurrentDictionary<UserKey, WeakReference<Watcher>> _watchers = new();
    private int _sweepAt = LeastSwept;

    /// <summary>Users that are watched, or were.</summary>
    internal int Watched => _watchers.Count;

    /// <summary>
    /// An activation begins to watch its user, in place of any earlier one. Growth is noted from now on: what came before the activation must look up itself.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="grew">Called when any session grew; must be quick.</param>
    public Watcher Watch(UserKey user, Action? grew = null)
    {
        // Held weakly: an activation that was evicted is gone without a word, and its user may never be heard of again.
        if (_watchers.Count >= Volatile.Read(ref _sweepAt))
        {
            Sweep();
        }

        var watcher = new Watcher(grew);
        var reference = new WeakReference<Watcher>(watcher);
        _watchers.AddOrUpdate(user, reference, (_, earlier) =>
        {
            if (earlier.TryGetTarget(out var replaced) && replaced != watcher)
            {
                replaced.Replace();
            }

            return reference;
        });
        return watcher;
    }

    /// <summary>A session's append is durable; called before it is acknowledged.</summary>
    public void Grew(SessionKey session)
    {
        if (_watchers.IsEmpty || !_watchers.TryGetValue(session.Owner, out var reference))
        {
            return;
        }

        if (reference.TryGetTarget(out var watcher))
        {
            watcher.Grew(session.Session);
        }
        else
        {
            _watchers.TryRemove(KeyValuePair.Create(session.Owner, reference));
        }
    }

    /// <summary>Forgets the watchers that are gone; made when there are twice as many as were left the last time.</summary>
    private void Sweep()
    {
        foreach (var entry in _watchers)
        {
            if (!entry.Value.TryGetTarget(out _))
            {
                _watchers.TryRemove(entry);
            }
        }

        Volatile.Write(ref _sweepAt, int.Max(LeastSwept, 2 * _watchers.Count));
    }

    /// <summary>What one activation hears of its user's sessions.</summary>
    public sealed class Watcher(Action? grew = null)
    {
        private readonly ConcurrentDictionary<string, bool> _grown = new(StringComparer.Ordinal);
        private volatile bool _replaced;

        /// <summary>The sessions that grew since the last call; null if another activation watches now, so that any may have grown.</summary>
        public IReadOnlyList<string>? Take()
        {
            if (_replaced)
            {
                return null;
            }

            if (_grown.IsEmpty)
            {
                return [];
            }

            var taken = new List<string>();
            foreach (var (session, _) in _grown)
            {
                if (_grown.TryRemove(session, out _))
                {
                    taken.Add(session);
                }
            }

            return _replaced ? null : taken;
        }

        public void Grew(string session)
        {
            _grown[session] = true;
            grew?.Invoke();
        }

        public void Replace() => _replaced = true;
    }
}
