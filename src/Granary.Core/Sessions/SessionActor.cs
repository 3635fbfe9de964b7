using Granary.Core.Actors;
using Granary.Core.Resources;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;

namespace Granary.Core.Sessions;

/// <summary>
/// A session: its transcript over one partition. Reads see what is durable (<c>head</c>, <c>counters</c>, <c>transcript</c>); changes are
/// decided on what will be durable once the queue is written (<c>nextHead</c>, <c>nextCounters</c>, <c>openCalls</c>).
/// </summary>
internal sealed partial class SessionActor : PartitionActor
{
    private readonly SessionServices _services;

    // Durable: what reads see.
    private SessionHead? _head;
    private SessionCounters _counters;
    private ActiveTranscript _transcript = new();
    private bool _erased;

    // Ahead: what changes are decided on.
    private SessionHead? _nextHead;
    private SessionCounters _nextCounters;
    private HashSet<string>? _openCalls;

    // The first message that an append on its way supersedes; null if none does. There is one at a time: the next waits for it.
    private long? _superseding;

    private ResourceHandle? _resource;
    private TaskCompletionSource? _changed;

    private SessionActor(SessionKey key, SessionServices services)
        : base(PartitionNames.Of(key), services.Store)
    {
        Key = key;
        _services = services;
    }

    /// <summary>The session's key.</summary>
    public SessionKey Key { get; }

    /// <summary>Whether there is nothing to keep in memory: no such session.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (Gate)
            {
                return _nextHead is null;
            }
        }
    }

    /// <summary>Whether the actor is at work on its own: a commit, a compaction or a delivery is under way. It must not be evicted now.</summary>
    public bool IsBusy => IsCommitting || Volatile.Read(ref _background) > 0;

    /// <summary>Gives back memory that can be made again.</summary>
    public void Trim()
    {
        lock (Gate)
        {
            _context = null;
        }
    }

    protected override void OnApplied()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    protected override void OnLost()
    {
        TaskCompletionSource? waiting;
        lock (Gate)
        {
            waiting = _changed;
            _changed = null;
        }

        waiting?.TrySetResult();
    }

    private ResolvedResource Policy => _resource!.Current;

    /// <summary>The session as reads see it. Called under the gate.</summary>
    /// <exception cref="NotFoundException">There is no such session.</exception>
    /// <exception cref="ErasedException">It was erased.</exception>
    private SessionHead ReadableHead()
    {
        EnsureNotLost();
        if (_erased || _head is { Phase: SessionPhase.Deleting })
        {
            throw Erased();
        }

        return _head is { Phase: SessionPhase.Active or SessionPhase.Completed }
            ? _head
            : throw new NotFoundException($"There is no session '{Key.Session}' of user '{Key.User}'.");
    }

    /// <summary>The session as changes see it. Called under the gate.</summary>
    private SessionHead ChangeableHead()
    {
        ReadableHead();
        return _nextHead!.Phase == SessionPhase.Deleting ? throw Erased() : _nextHead;
    }

    private ErasedException Erased() => new($"Session '{Key.Session}' of user '{Key.User}' was erased.");

    private string ETag(long sequence) => $"\"{sequence}-{Policy.Resource.Revision}\"";

    private void CheckPrecondition(string? ifMatch)
    {
        if (ifMatch is null)
        {
            return;
        }

        var current = _nextHead is null ? null : ETag(_nextCounters.LastSequence);
        if (!ETags.Matches(ifMatch, current))
        {
            throw new PreconditionFailedException(current);
        }
    }

    private static SessionStatus StatusOf(SessionHead head) => head.Phase == SessionPhase.Completed ? SessionStatus.Completed : SessionStatus.Active;

    /// <summary>The time now in whole milliseconds, as it is stored.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(_services.Time.GetUtcNow().ToUnixTimeMilliseconds());
}
