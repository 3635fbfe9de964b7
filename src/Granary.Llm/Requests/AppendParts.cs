using System.Text;

namespace Granary.Llm.Requests;

/// <summary>Divides messages into as many appends as they need.</summary>
public static class AppendParts
{
    /// <summary>Of the bytes that one append takes, a part is left free for what JSON adds to texts.</summary>
    private const int MaxBytes = MessageLimits.MaxRequestBytes / 4 * 3;

    /// <summary>
    /// The messages in order, in parts that an append takes each (<see cref="MessageLimits.MaxMessages"/>, <see cref="MessageLimits.MaxRequestBytes"/>);
    /// nearly always one.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Message>> Of(IEnumerable<Message> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var parts = new List<List<Message>>();
        var bytes = 0;
        foreach (var message in messages)
        {
            var size = SizeOf(message);
            if (parts.Count == 0 || parts[^1].Count >= MessageLimits.MaxMessages || bytes + size > MaxBytes)
            {
                parts.Add([]);
                bytes = 0;
            }

            parts[^1].Add(message);
            bytes += size;
        }

        return parts;
    }

    private static int SizeOf(Message message) =>
        Encoding.UTF8.GetByteCount(message.Content) + (message.Reasoning?.Length ?? 0) + (message.ToolError?.Length ?? 0)
        + (message.Media?.Sum(item => item.Url.Length + (item.Description?.Length ?? 0)) ?? 0)
        + (message.ToolCalls?.Sum(call => call.Arguments.GetRawText().Length) ?? 0);
}
