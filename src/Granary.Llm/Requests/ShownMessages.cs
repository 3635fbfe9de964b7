namespace Granary.Llm.Requests;

/// <summary>The messages that a session's context shows anyway, so that recalling them again would tell nothing.</summary>
internal sealed class ShownMessages
{
    /// <summary>Messages that a recall may find in vain.</summary>
    private const int MaxInVain = 200;

    private readonly string? session;
    private readonly HashSet<long> sequences;

    private ShownMessages(SessionContext? context)
    {
        session = context?.SessionId;
        AgentId = context?.AgentId;
        sequences = [.. context?.ActiveContext.SelectMany(static turn => turn.Messages).Select(static message => message.Sequence) ?? []];
    }

    /// <summary>The session's agent; null where there is no session.</summary>
    public string? AgentId { get; }

    /// <summary>The messages of a context; none without one.</summary>
    public static ShownMessages Of(SessionContext? context) => new(context);

    /// <summary>The messages of a session; none where there is no such session.</summary>
    public static async ValueTask<ShownMessages> OfAsync(IMemoryCluster memory, SessionKey? key, CancellationToken cancellationToken)
    {
        try
        {
            return new ShownMessages(key is { } session ? await memory.Session(session).GetContextAsync(cancellationToken: cancellationToken).ConfigureAwait(false) : null);
        }
        catch (MemoryException gone) when (gone is NotFoundException or ErasedException)
        {
            return new ShownMessages(null);
        }
    }

    /// <summary>Whether a hit is one of them.</summary>
    public bool Has(RecallHit hit) => hit.Message is { } message && hit.SessionId == session && sequences.Contains(message.Sequence);

    /// <summary>How many hits to ask for so that so many are left without these.</summary>
    public int LimitFor(int wanted) => wanted + Math.Min(sequences.Count, MaxInVain);
}
