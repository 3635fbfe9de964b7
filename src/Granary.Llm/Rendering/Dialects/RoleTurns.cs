using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>A list of messages in which roles alternate: what one role says in several messages becomes one of several parts.</summary>
internal sealed class RoleTurns
{
    private readonly List<(string Role, JsonArray Parts)> turns = [];

    /// <summary>The messages without system messages: what tools answered counts as the user's.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="assistantRole">The model's role.</param>
    /// <param name="assistant">The parts of what the model said.</param>
    /// <param name="result">The part of a tool's result.</param>
    /// <param name="user">The parts of what the user said.</param>
    public static RoleTurns Of(
        IReadOnlyList<ModelMessage> messages, string assistantRole, Func<ModelMessage, JsonArray> assistant, Func<ModelMessage, JsonNode> result, Func<ModelMessage, JsonArray> user)
    {
        var turns = new RoleTurns();
        foreach (var message in messages)
        {
            switch (message.Role)
            {
                case MessageRole.System:
                    break;

                case MessageRole.Assistant:
                    turns.Add(assistantRole, assistant(message));
                    break;

                case MessageRole.Tool:
                    turns.Add("user", [result(message)]);
                    break;

                default:
                    turns.Add("user", user(message));
                    break;
            }
        }

        return turns;
    }

    /// <summary>Adds what a role says; nothing, if it says nothing.</summary>
    private void Add(string role, JsonArray parts)
    {
        if (parts.Count == 0)
            return;

        if (turns.Count == 0 || turns[^1].Role != role)
        {
            turns.Add((role, parts));
            return;
        }

        var target = turns[^1].Parts;
        while (parts.Count > 0)
        {
            var part = parts[0];
            parts.RemoveAt(0);
            target.Add(part);
        }
    }

    /// <summary>The list.</summary>
    /// <param name="name">The field for the parts.</param>
    /// <param name="unwrapText">Whether a single part of text is written as the bare text.</param>
    public JsonArray ToArray(string name, bool unwrapText = false)
    {
        var list = new JsonArray();
        foreach (var (role, parts) in turns)
        {
            list.Add((JsonNode)new JsonObject { ["role"] = role, [name] = unwrapText && Text(parts) is { } text ? text : parts });
        }

        return list;
    }

    private static JsonNode? Text(JsonArray parts) =>
        parts.Count == 1 && parts[0] is JsonObject part && part["type"]?.GetValue<string>() == "text" ? part["text"]!.GetValue<string>() : null;
}
