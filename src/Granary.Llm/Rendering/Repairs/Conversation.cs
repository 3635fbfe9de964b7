namespace Granary.Llm.Rendering.Repairs;

/// <summary>A conversation that every provider can take, whatever became of the one it was made from.</summary>
internal static class Conversation
{
    /// <summary>What stands where a provider wants a message and there is none.</summary>
    public const string Filler = ".";

    /// <summary>
    /// The whole conversation made safe: each tool call is followed at once by its results in the order of the calls; a call without one gets a result that
    /// says <see cref="ToolResults.Interrupted"/>; results without their call and second results are left out, the former with a note; ids of calls
    /// are unique; messages without text, media and calls are left out.
    /// </summary>
    public static IReadOnlyList<ModelMessage> Whole(IReadOnlyList<ModelMessage> messages)
    {
        var links = CallLinks.Of(messages);
        var safe = new List<ModelMessage>(messages.Count);
        var ids = new UniqueIds();
        var lost = 0;
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            if (message.Role == MessageRole.Tool)
            {
                lost += links.IsOrphan(index) ? 1 : 0;
                continue;
            }

            if (IsBlank(message))
                continue;

            Note(safe, ref lost);
            if (message.Role != MessageRole.Assistant || message.ToolCalls is not { Count: > 0 } calls)
            {
                safe.Add(message);
                continue;
            }

            var named = calls.Select(call => call with { Id = ids.Next(call.Id), Name = ToolNames.Fit(call.Name) }).ToList();
            safe.Add(message with { ToolCalls = named });
            for (var position = 0; position < named.Count; position++)
            {
                safe.Add(Result(links.Result(index, position) is { } result ? messages[result] : null, named[position]));
            }
        }

        Note(safe, ref lost);
        return safe;
    }

    /// <summary>A stretch of a conversation as it stands, of which the rest is elsewhere: only names are made fit and empty messages left out.</summary>
    public static IReadOnlyList<ModelMessage> Stretch(IReadOnlyList<ModelMessage> messages) =>
        [.. messages.Where(message => message.Role == MessageRole.Tool || !IsBlank(message)).Select(message => message switch
        {
            { Role: MessageRole.Tool } => message with { Name = ToolNames.Fit(message.Name), ToolCallId = message.ToolCallId ?? "" },
            { Role: MessageRole.Assistant, ToolCalls.Count: > 0 } => message with
            {
                ToolCalls = [.. message.ToolCalls.Select(call => call with { Name = ToolNames.Fit(call.Name) })],
            },
            _ => message,
        })];

    /// <summary>The texts of all system messages, a blank line between them; null if there are none.</summary>
    public static string? SystemText(IEnumerable<ModelMessage> messages)
    {
        var texts = messages.Where(message => message.Role == MessageRole.System).Select(message => MediaText(message)).ToList();
        return texts.Count == 0 ? null : string.Join("\n\n", texts);
    }

    /// <summary>The text with a line for each medium.</summary>
    public static string MediaText(ModelMessage message) => Media.MessageParts.Of(message).Text;

    private static bool IsBlank(ModelMessage message) => string.IsNullOrWhiteSpace(message.Content) && message.Media is not { Count: > 0 }
        && (message.Role != MessageRole.Assistant || message.ToolCalls is not { Count: > 0 });

    private static ModelMessage Result(ModelMessage? found, ToolCall call) => found is null
        ? new() { Role = MessageRole.Tool, Content = "", Name = call.Name, ToolCallId = call.Id, ToolError = ToolResults.Interrupted }
        : found with { Name = call.Name, ToolCallId = call.Id };

    private static void Note(List<ModelMessage> safe, ref int lost)
    {
        if (lost > 0)
        {
            safe.Add(new()
            {
                Role = MessageRole.User,
                Content = lost == 1 ? "[A tool's result whose call is not known was left out.]" : $"[{lost} tools' results whose calls are not known were left out.]",
            });
            lost = 0;
        }
    }
}
