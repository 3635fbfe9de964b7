using System.Text.Json;
using Granary.Llm.Functions;
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
        var arguments = Parse(text);
        return new PendingCall(
            complete.Id ?? "", complete.Name ?? "", arguments ?? JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["raw"] = text }), arguments is null);
    }

    private static JsonElement? Parse(string text)
    {
        // Providers write nothing at all for a call without arguments.
        if (string.IsNullOrWhiteSpace(text))
        {
            return FunctionJson.EmptyObject;
        }

        try
        {
            var value = JsonElement.Parse(text);
            return value.ValueKind == JsonValueKind.Object ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
