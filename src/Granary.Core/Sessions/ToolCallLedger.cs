namespace Granary.Core.Sessions;

/// <summary>What an append does to the tool calls that wait for their results.</summary>
internal readonly struct ToolCallLedger
{
    private readonly List<string>? _opened;
    private readonly List<string>? _answered;

    private ToolCallLedger(List<string>? opened, List<string>? answered)
    {
        _opened = opened;
        _answered = answered;
    }

    /// <summary>Checks that every tool result answers a call that waits, and every call has an id of its own among those.</summary>
    /// <exception cref="InvalidRequestException">One does not; the field is named.</exception>
    public static ToolCallLedger Check(IReadOnlyList<Message> messages, HashSet<string>? open)
    {
        List<string>? opened = null, answered = null;
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            if (message.ToolCalls is { Count: > 0 } calls)
            {
                for (var j = 0; j < calls.Count; j++)
                {
                    if (IsOpen(calls[j].Id))
                    {
                        throw new InvalidRequestException($"messages[{i}].tool_calls[{j}].id", "is the id of a call that still waits for its result");
                    }

                    (opened ??= []).Add(calls[j].Id);
                    answered?.Remove(calls[j].Id);
                }
            }
            else if (message.Role == MessageRole.Tool)
            {
                if (!IsOpen(message.ToolCallId!))
                {
                    throw new InvalidRequestException($"messages[{i}].tool_call_id", "names no tool call of the session that waits for a result");
                }

                if (opened?.Remove(message.ToolCallId!) != true)
                {
                    (answered ??= []).Add(message.ToolCallId!);
                }
            }
        }

        return new ToolCallLedger(opened, answered);

        bool IsOpen(string id) => opened?.Contains(id) == true || (open?.Contains(id) == true && answered?.Contains(id) != true);
    }

    /// <summary>The calls that wait afterwards; null if none does.</summary>
    public HashSet<string>? Apply(HashSet<string>? open)
    {
        if (_opened is null && _answered is null)
        {
            return open;
        }

        open ??= new HashSet<string>(StringComparer.Ordinal);
        open.ExceptWith(_answered ?? []);
        open.UnionWith(_opened ?? []);
        return open.Count > 0 ? open : null;
    }
}
