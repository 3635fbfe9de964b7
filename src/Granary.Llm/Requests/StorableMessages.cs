namespace Granary.Llm.Requests;

/// <summary>Turns a request's messages into such as a session takes.</summary>
internal static class StorableMessages
{
    /// <summary>
    /// The messages to store, each with its place among those given. Left out is what a session refuses: messages that say nothing, results of calls
    /// that do not wait for one, and calls whose id still waits.
    /// </summary>
    /// <param name="messages">Messages of a request, without system messages.</param>
    /// <param name="open">The calls of the session that wait for a result; changed.</param>
    public static List<(int Index, Message Message)> Of(IReadOnlyList<ModelMessage> messages, HashSet<string> open)
    {
        var kept = new List<(int, Message)>(messages.Count);
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            var calls = message.ToolCalls?.Where(call => open.Add(call.Id)).ToList();
            var says = message.Role == MessageRole.Tool
                ? message.ToolCallId is { } id && open.Remove(id)
                : !string.IsNullOrWhiteSpace(message.Content) || calls is { Count: > 0 } || message.Media is { Count: > 0 };
            if (says)
            {
                kept.Add((index, new Message
                {
                    Role = message.Role,
                    Content = message.Content,
                    Name = message.Name,
                    Media = message.Media,
                    ToolCalls = calls is { Count: > 0 } ? calls : null,
                    ToolCallId = message.ToolCallId,
                    ToolError = message.ToolError,
                }));
            }
        }

        return kept;
    }
}
