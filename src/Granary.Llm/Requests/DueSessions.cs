namespace Granary.Llm.Requests;

/// <summary>Sessions that are to be compacted before their next prompt, and the epoch in which that was seen. Of too many the oldest are forgotten. Safe for all threads.</summary>
internal sealed class DueSessions(int capacity = DueSessions.DefaultCapacity)
{
    private const int DefaultCapacity = 16_384;

    private readonly Lock gate = new();
    private readonly Dictionary<SessionKey, LinkedListNode<(SessionKey Session, int Epoch)>> nodes = [];
    private readonly LinkedList<(SessionKey Session, int Epoch)> order = new();

    /// <summary>Remembers a session.</summary>
    public void Add(SessionKey session, int epoch)
    {
        lock (gate)
        {
            Forget(session);
            nodes[session] = order.AddLast((session, epoch));
            if (nodes.Count > capacity)
            {
                Forget(order.First!.Value.Session);
            }
        }
    }

    /// <summary>Whether a session is due. One that was compacted since, by whomever, is not.</summary>
    public bool IsDue(SessionKey session, int epoch)
    {
        lock (gate)
        {
            if (!nodes.TryGetValue(session, out var node))
            {
                return false;
            }

            if (epoch <= node.Value.Epoch)
            {
                return true;
            }

            Forget(session);
            return false;
        }
    }

    /// <summary>Forgets a session.</summary>
    public void Remove(SessionKey session)
    {
        lock (gate)
        {
            Forget(session);
        }
    }

    private void Forget(SessionKey session)
    {
        if (nodes.Remove(session, out var node))
        {
            order.Remove(node);
        }
    }
}
