namespace Granary.Http.Proxy;

/// <summary>Which tool calls wait for their results; keeps a list of messages such that a session takes it.</summary>
internal sealed class ToolLedger
{
    private const string Interrupted = "interrupted: no result was recorded";

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    public ToolLedger(IEnumerable<Message> view)
    {
        foreach (var message in view)
        {
            Follow(message);
        }
    }

    public bool IsOpen(string call) => _open.Contains(call);

    /// <summary>
    /// The messages, followed: results without a waiting call are left out, and a call whose id another one still waits under closes that one
    /// first.
    /// </summary>
    public List<Message> Settle(IEnumerable<Message> messages)
    {
        var settled = new List<Message>();
        foreach (var message in messages)
        {
            if (message.Role == MessageRole.Tool && !_open.Contains(message.ToolCallId!))
            {
                continue;
            }

            foreach (var call in message.ToolCalls ?? [])
            {
                if (_open.Remove(call.Id))
                {
                    settled.Add(new Message { Role = MessageRole.Tool, ToolCallId = call.Id, ToolError = Interrupted });
                }
            }

            Follow(message);
            settled.Add(message);
        }

        return settled;
    }

    private void Follow(Message message)
    {
        foreach (var call in message.ToolCalls ?? [])
        {
            _open.Add(call.Id);
        }

        if (message.Role == MessageRole.Tool)
        {
            _open.Remove(message.ToolCallId!);
        }
    }
}
