using System.Text.Json;

namespace Granary.Llm.Tests.Requests;

/// <summary>Messages in few words: <c>u:…</c> user, <c>a:…</c> assistant, <c>s:…</c> system, <c>call:id,id</c> tool calls, <c>t:id</c> a tool's result.</summary>
internal static class Conversation
{
    public static ModelMessage Sent(string text) => Split(text) switch
    {
        ("u", var content) => new() { Role = MessageRole.User, Content = content },
        ("a", var content) => new() { Role = MessageRole.Assistant, Content = content },
        ("s", var content) => new() { Role = MessageRole.System, Content = content },
        ("t", var id) => new() { Role = MessageRole.Tool, Content = $"result of {id}", ToolCallId = id },
        ("call", var ids) => new()
        {
            Role = MessageRole.Assistant,
            Content = "",
            ToolCalls = [.. ids.Split(',').Select(id => new ToolCall(id, "lookup", JsonElement.Parse("{}")))],
        },
        _ => throw new ArgumentException(text, nameof(text)),
    };

    public static List<ModelMessage> Request(params string[] messages) => [.. messages.Select(Sent)];

    public static Message Stored(string text, long sequence = 0, int turn = 0)
    {
        var message = Sent(text);
        return new Message
        {
            Id = sequence == 0 ? null : $"msg_{sequence}",
            Role = message.Role,
            Content = message.Content,
            ToolCalls = message.ToolCalls,
            ToolCallId = message.ToolCallId,
            Sequence = sequence,
            Turn = turn,
        };
    }

    /// <summary>The context of a session that holds these messages, after as many folded turns.</summary>
    public static SessionContext Session(string[] messages, int folded = 0, Func<Message, Message>? change = null)
    {
        var turn = folded;
        var stored = messages.Select((text, index) => Stored(text, (2 * folded) + index + 1, turn += text.StartsWith("u:", StringComparison.Ordinal) ? 1 : 0)).Select(change ?? (m => m)).ToList();
        return new SessionContext
        {
            SessionId = "s1",
            UserId = "ada",
            AgentId = "default",
            Status = SessionStatus.Active,
            Epoch = folded > 0 ? 2 : 1,
            LastSequence = stored.Count > 0 ? stored[^1].Sequence : 0,
            TurnCount = turn,
            ActiveContext = [.. stored.GroupBy(m => m.Turn).Select(t => new ContextTurn(t.Key, [.. t]))],
            Messages = [],
            CumulativeSummary = "",
            Tokens = new TokenUsage(0, 0, 0, 0, 0),
            ETag = "",
        };
    }

    public static string Text(ModelMessage message) => Text(message.Role, message.Content, message.ToolCalls, message.ToolCallId);

    public static string Text(Message message) => Text(message.Role, message.Content, message.ToolCalls, message.ToolCallId);

    private static string Text(MessageRole role, string content, IReadOnlyList<ToolCall>? calls, string? result) => role switch
    {
        MessageRole.User => "u:" + content,
        MessageRole.System => "s:" + content,
        MessageRole.Tool => "t:" + result,
        _ => calls is { Count: > 0 } ? "call:" + string.Join(',', calls.Select(c => c.Id)) : "a:" + content,
    };

    private static (string Kind, string Content) Split(string text) => (text[..text.IndexOf(':', StringComparison.Ordinal)], text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]);
}
