using System.Text.Json;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>A whole tool call of an answer.</summary>
/// <param name="Id">The call's id.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">The arguments; <c>{"raw": text}</c> where the text is no JSON object.</param>
/// <param name="IsMalformed">Whether it is none.</param>
internal sealed record PendingCall(string Id, string Name, JsonElement Arguments, bool IsMalformed)
{
    /// <summary>The call that an event of <see cref="StreamEventKind.ToolCallComplete"/> tells of.</summary>
    public static PendingCall Of(in StreamEvent complete)
    {
        var text = complete.Text ?? "";
        var whole = ToolArguments.TryParse(text, out var arguments);
        return new PendingCall(complete.Id ?? "", complete.Name ?? "", whole ? arguments : ToolArguments.Parse(text), !whole);
    }
}
