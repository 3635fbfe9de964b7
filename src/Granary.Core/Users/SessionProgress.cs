using System.Collections.Concurrent;

namespace Granary.Core.Users;

/// <summary>
/// Which sessions of which users grew since somebody last asked. Sound only where every session of the store lives in this process (the embedded
/// host); elsewhere recall asks the store about every session that is not completed.
/// </summary>
internal sealed class SessionProgress
{
    private readonly ConcurrentDictionary<UserKey, ConcurrentDictionary<string, bool>> _grown = new();

    /// <summary>Somebody begins to watch a user: from now on growth is noted. All of the user's sessions must be looked at once after this.</summary>
    public void Watch(UserKey user) => _grown.GetOrAdd(user, static _ => new(StringComparer.Ordinal));

    /// <summary>Nobody watches the user any more.</summary>
    public void Unwatch(UserKey user) => _grown.TryRemove(user, out _);

    /// <summary>A session's append is durable; called before it is acknowledged.</summary>
    public void Grew(SessionKey session)
    {
        if (_grown.TryGetValue(session.Owner, out var grown))
        {
            grown[session.Session] = true;
        }
    }

    /// <summary>The sessions that grew since the last call.</summary>
    public IReadOnlyList<string> Take(UserKey user)
    {
        if (!_grown.TryGetValue(user, out var grown) || grown.IsEmpty)
        {
            return [];
        }

        var taken = new List<string>();
        foreach (var (session, _) in grown)
        {
            if (grown.TryRemove(session, out _))
            {
                taken.Add(session);
            }
        }

        return taken;
    }
}
