namespace Granary.Core.Sessions.Documents;

/// <summary>What a session counts; stored with each append as it stands after it, so that no other document changes.</summary>
internal readonly record struct SessionCounters
{
    /// <summary>The sequence of the last message; also the number of messages.</summary>
    public long LastSequence { get; init; }

    public int Turns { get; init; }

    public long Tokens { get; init; }

    /// <summary>Appends that left an idempotency record.</summary>
    public long Keyed { get; init; }

    public long System { get; init; }

    public long User { get; init; }

    public long Assistant { get; init; }

    public long Tool { get; init; }

    /// <summary>When the last append was stored, in Unix milliseconds; 0 if there is none.</summary>
    public long StoredAt { get; init; }

    /// <summary>Messages that were superseded: without any, no reader has to look for them.</summary>
    public long Superseded { get; init; }

    /// <summary>The counters after one more message.</summary>
    public SessionCounters Plus(MessageRole role, int tokens) => this with
    {
        LastSequence = LastSequence + 1,
        Turns = Turns + (role == MessageRole.User ? 1 : 0),
        Tokens = Tokens + tokens,
        System = System + (role == MessageRole.System ? 1 : 0),
        User = User + (role == MessageRole.User ? 1 : 0),
        Assistant = Assistant + (role == MessageRole.Assistant ? 1 : 0),
        Tool = Tool + (role == MessageRole.Tool ? 1 : 0),
    };
}
