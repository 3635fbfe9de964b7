namespace Granary.Core.Compaction.Extraction;

/// <summary>Makes utterances of messages.</summary>
internal static class MessageReader
{
    /// <summary>What was said, oldest first; messages without text are left out, tool results come as digests.</summary>
    public static List<Utterance> Read(IReadOnlyList<Message> messages)
    {
        var utterances = new List<Utterance>(messages.Count);
        Dictionary<string, ToolCall>? calls = null;
        foreach (var message in messages)
        {
            if (message.ToolCalls is { } made)
            {
                calls ??= new(StringComparer.Ordinal);
                foreach (var call in made)
                {
                    calls[call.Id] = call;
                }
            }

            if (message.Role == MessageRole.Tool)
            {
                utterances.Add(Result(message, message.ToolCallId is { } id ? calls?.GetValueOrDefault(id) : null));
            }
            else if (Text(message) is { Length: > 0 } text)
            {
                utterances.Add(new(SpeakerOf(message), KindOf(message), text, message.Sequence));
            }
        }

        return utterances;
    }

    private static Utterance Result(Message message, ToolCall? call)
    {
        var name = EpisodeText.Speaker(message.Name ?? call?.Name ?? "");
        return new(
            name.Length == 0 ? EpisodeText.Tool : $"{EpisodeText.Tool} {name}",
            UtteranceKind.Tool,
            ToolDigest.Of(message, call),
            message.Sequence,
            message.ToolError is not null);
    }

    /// <summary>The content and what the media show.</summary>
    private static string Text(Message message)
    {
        if (message.Media is not { Count: > 0 } media)
        {
            return string.IsNullOrWhiteSpace(message.Content) ? "" : message.Content;
        }

        var shown = media.Where(item => !string.IsNullOrWhiteSpace(item.Description)).Select(item => $"[{item.Type}: {item.Description}]");
        return string.Join('\n', shown.Prepend(message.Content)).Trim();
    }

    private static string SpeakerOf(Message message)
    {
        var name = message.Name is null ? "" : EpisodeText.Speaker(message.Name);
        return name.Length > 0 ? name : message.Role switch
        {
            MessageRole.User => EpisodeText.User,
            MessageRole.Assistant => EpisodeText.Assistant,
            _ => "System",
        };
    }

    private static UtteranceKind KindOf(Message message) => message.Role switch
    {
        MessageRole.User => UtteranceKind.Person,
        MessageRole.Assistant => message.Name is null ? UtteranceKind.Assistant : UtteranceKind.Person,
        _ => UtteranceKind.Prose,
    };
}
