namespace Granary.Core.Transcripts;

/// <summary>Puts a transcript in the order and shape that models accept.</summary>
internal static class ModelMessages
{
    /// <summary>What a call without a result says when the conversation went on without it.</summary>
    public const string Interrupted = "interrupted: no result was recorded";

    /// <summary>
    /// System messages in their order, the snapshot as one user message (none if it is empty), then the rest. Every tool call is
    /// followed at once by its results in the order of the calls, wherever they came. A call without a result gets one that says
    /// <see cref="Interrupted"/> if the user or the model spoke again; otherwise it is left open. Results without their call and
    /// second results are left out.
    /// </summary>
    /// <param name="snapshotText">The snapshot's text, or null.</param>
    /// <param name="entries">The transcript, in order.</param>
    public static IReadOnlyList<ModelMessage> Project(string? snapshotText, IReadOnlyList<TranscriptEntry> entries)
    {
        var messages = new List<ModelMessage>(entries.Count + 1);
        foreach (var entry in entries)
        {
            if (entry.Message.Role == MessageRole.System)
            {
                messages.Add(Of(entry.Message));
            }
        }

        if (!string.IsNullOrEmpty(snapshotText))
        {
            messages.Add(new() { Role = MessageRole.User, Content = snapshotText });
        }

        var links = ToolLinks.Of(entries);
        var spoken = links.IsEmpty ? -1 : LastSpoken(entries);
        for (var index = 0; index < entries.Count; index++)
        {
            var message = entries[index].Message;
            if (message.Role is MessageRole.System or MessageRole.Tool)
            {
                continue;
            }

            messages.Add(Of(message));
            if (links.IsEmpty)
            {
                continue;
            }

            var results = links.Results(index);
            for (var call = 0; call < results.Length; call++)
            {
                if (results[call] >= 0)
                {
                    messages.Add(Result(entries[results[call]].Message, message.ToolCalls![call]));
                }
                else if (index < spoken)
                {
                    messages.Add(NoResult(message.ToolCalls![call]));
                }
            }
        }

        return messages;
    }

    private static int LastSpoken(IReadOnlyList<TranscriptEntry> entries)
    {
        var index = entries.Count - 1;
        while (index >= 0 && entries[index].Message.Role is not (MessageRole.User or MessageRole.Assistant))
        {
            index--;
        }

        return index;
    }

    private static ModelMessage Of(Message message) => new()
    {
        Role = message.Role,
        Content = message.Content,
        Name = message.Name,
        Media = message.Media,
        ToolCalls = message.ToolCalls is { Count: > 0 } calls ? calls : null,
    };

    private static ModelMessage Result(Message message, ToolCall call) => new()
    {
        Role = MessageRole.Tool,
        Content = message.Content,
        Name = message.Name ?? call.Name,
        Media = message.Media,
        ToolCallId = call.Id,
        ToolError = message.ToolError,
    };

    private static ModelMessage NoResult(ToolCall call) => new()
    {
        Role = MessageRole.Tool,
        Content = "",
        Name = call.Name,
        ToolCallId = call.Id,
        ToolError = Interrupted,
    };
}
