using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Puts what a provider signed back where it stood among the text and the calls of its answer.</summary>
internal static class ThoughtWeave
{
    /// <summary>What was signed of a message, for a provider of the dialect; null if nothing that it could use.</summary>
    public static SignedThoughts? Of(ModelMessage message, IReadOnlyList<SignedThoughts> thoughts, ChatDialect dialect) =>
        thoughts.Count > 0 && message is { Role: MessageRole.Assistant, ToolCalls: [var first, ..], Media: not { Count: > 0 } }
            ? thoughts.FirstOrDefault(signed => signed.Dialect == dialect && signed.CallId == first.Id)
            : null;

    /// <summary>The parts of a message in the order of the answer.</summary>
    /// <param name="message">The message, which calls tools.</param>
    /// <param name="signed">What was signed.</param>
    /// <param name="text">Writes a piece of text.</param>
    /// <param name="call">Writes a call, by its number.</param>
    /// <param name="part">Writes a signed part; null to leave it out.</param>
    public static JsonArray Parts(
        ModelMessage message, IReadOnlyList<SignedPart> signed, Func<string, JsonNode> text, Func<int, JsonNode> call, Func<JsonObject, JsonNode?> part)
    {
        var parts = new JsonArray();
        var (said, called) = (0, 0);
        foreach (var next in signed)
        {
            Advance(next.TextBefore, next.CallsBefore);
            if (JsonNode.Parse(next.Json) is JsonObject json && part(json) is { } written)
            {
                parts.Add(written);
            }
        }

        Advance(message.Content.Length, message.ToolCalls!.Count);
        return parts;

        void Advance(int length, int calls)
        {
            length = Math.Min(length, message.Content.Length);
            if (length > said)
            {
                // Providers refuse blank text.
                if (message.Content[said..length] is var piece && !string.IsNullOrWhiteSpace(piece))
                {
                    parts.Add(text(piece));
                }

                said = length;
            }

            for (; called < Math.Min(calls, message.ToolCalls!.Count); called++)
            {
                parts.Add(call(called));
            }
        }
    }
}
