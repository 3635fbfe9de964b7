using Granary.Llm;

namespace Granary.Http.Proxy;

/// <summary>What a request says, as it would be stored: without instructions, which are the client's to send each time.</summary>
/// <param name="Older">What came before: up to and with the last assistant message.</param>
/// <param name="New">What is new: after the last assistant message.</param>
internal sealed record Conversation(IReadOnlyList<Message> Older, IReadOnlyList<Message> New)
{
    public static Conversation Of(IReadOnlyList<ModelMessage> messages)
    {
        var stored = new List<Message>(messages.Count);
        foreach (var message in messages)
        {
            if (message.Role != MessageRole.System && StorableMessage.Of(message) is { } storable)
            {
                stored.Add(storable);
            }
        }

        var start = stored.FindLastIndex(message => message.Role == MessageRole.Assistant) + 1;
        return new Conversation(stored[..start], stored[start..]);
    }
}
