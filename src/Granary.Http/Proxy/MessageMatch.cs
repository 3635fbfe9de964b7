namespace Granary.Http.Proxy;

/// <summary>Whether a message that a client sends is one that is stored.</summary>
internal static class MessageMatch
{
    /// <summary>
    /// Clients send back what they were given: not always with the same space around it, nor with all that was stored beside the text. What
    /// was redacted matches any message in its place.
    /// </summary>
    public static bool IsSame(Message stored, Message sent)
    {
        if (stored.Role != sent.Role)
        {
            return false;
        }

        if (stored.Role == MessageRole.Tool)
        {
            return stored.ToolCallId == sent.ToolCallId;
        }

        if (!HaveSameCalls(stored, sent))
        {
            return false;
        }

        // A call is known by its id; the words around it may be left out by a client.
        return stored.ToolCalls is { Count: > 0 } || stored.Redacted
            || ((stored.Media?.Count ?? 0) == (sent.Media?.Count ?? 0) && stored.Content.AsSpan().Trim().SequenceEqual(sent.Content.AsSpan().Trim()));
    }

    public static bool AreSame(IReadOnlyList<Message> stored, IReadOnlyList<Message> sent)
    {
        if (stored.Count != sent.Count)
        {
            return false;
        }

        for (var i = 0; i < stored.Count; i++)
        {
            if (!IsSame(stored[i], sent[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many messages at the ends of both are the same.</summary>
    public static int CommonEnd(ReadOnlySpan<Message> stored, IReadOnlyList<Message> sent)
    {
        var count = 0;
        while (count < stored.Length && count < sent.Count && IsSame(stored[^(count + 1)], sent[sent.Count - count - 1]))
        {
            count++;
        }

        return count;
    }

    private static bool HaveSameCalls(Message stored, Message sent)
    {
        var (left, right) = (stored.ToolCalls, sent.ToolCalls);
        if ((left?.Count ?? 0) != (right?.Count ?? 0))
        {
            return false;
        }

        for (var i = 0; i < (left?.Count ?? 0); i++)
        {
            if (left![i].Id != right![i].Id)
            {
                return false;
            }
        }

        return true;
    }
}
