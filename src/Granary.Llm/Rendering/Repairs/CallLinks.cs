namespace Granary.Llm.Rendering.Repairs;

/// <summary>Which tool message answers which call.</summary>
/// <remarks>
/// As in stored transcripts: a result answers the newest call before it that has its id and no result yet, because some models count their calls anew in
/// each answer. A result without an id answers the first open call of the newest message that has one of its name (Ollama and Gemini give no ids).
/// </remarks>
internal sealed class CallLinks
{
    private readonly Dictionary<int, int?[]> results = [];
    private readonly HashSet<int> orphans = [];

    /// <summary>Links the calls and results of a conversation.</summary>
    public static CallLinks Of(IReadOnlyList<ModelMessage> messages)
    {
        var links = new CallLinks();
        var callers = new List<int>();
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            if (message is { Role: MessageRole.Assistant, ToolCalls: { Count: > 0 } calls })
            {
                links.results[index] = new int?[calls.Count];
                callers.Add(index);
            }
            else if (message.Role == MessageRole.Tool && !links.Answer(messages, callers, index))
            {
                links.orphans.Add(index);
            }
        }

        return links;
    }

    /// <summary>Whether the tool message's call is nowhere before it.</summary>
    public bool IsOrphan(int message) => orphans.Contains(message);

    /// <summary>The tool message that answers a call, or null.</summary>
    public int? Result(int message, int call) => results[message][call];

    /// <summary>False if no call is known; true also for a second result, which answers nothing.</summary>
    private bool Answer(IReadOnlyList<ModelMessage> messages, List<int> callers, int result)
    {
        var message = messages[result];
        var isKnown = false;
        for (var at = callers.Count - 1; at >= 0; at--)
        {
            var calls = messages[callers[at]].ToolCalls!;
            var answered = results[callers[at]];
            for (var call = 0; call < answered.Length; call++)
            {
                if (!Fits(message, calls[call]))
                    continue;

                isKnown = true;
                if (answered[call] is null)
                {
                    answered[call] = result;
                    return true;
                }
            }
        }

        return isKnown && !string.IsNullOrEmpty(message.ToolCallId);
    }

    private static bool Fits(ModelMessage result, ToolCall call) => string.IsNullOrEmpty(result.ToolCallId)
        ? result.Name is null || result.Name == call.Name
        : result.ToolCallId == call.Id;
}
