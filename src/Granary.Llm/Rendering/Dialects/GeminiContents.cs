using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Messages as Gemini takes them.</summary>
internal static class GeminiContents
{
    /// <summary>What Google says to send where a call's own signature is not known, because another model made it or it was not kept.</summary>
    private const string NoSignature = "skip_thought_signature_validator";

    /// <summary>Fields of a response object that mean something of their own.</summary>
    private static readonly string[] Wrappers = ["result", "error", "output"];

    /// <summary>Writes messages without system messages; neighbours of one role become one content.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="thoughts">What was signed of them.</param>
    public static JsonArray Render(IReadOnlyList<ModelMessage> messages, IReadOnlyList<SignedThoughts> thoughts) =>
        RoleTurns.Of(messages, "model", message => Model(message, thoughts), Response, message => MessageParts.Of(message, Part).List(Text)).ToArray("parts");

    /// <summary>A part of text.</summary>
    public static JsonObject Text(string text) => new() { ["text"] = text };

    /// <summary>A user's content without meaning.</summary>
    public static JsonObject Filler() => new() { ["role"] = "user", ["parts"] = new JsonArray(Text(Conversation.Filler)) };

    /// <summary>Signs the first call of each content: newer models refuse calls of the turn under way without a signature.</summary>
    public static void Sign(JsonArray contents)
    {
        foreach (var content in contents)
        {
            if (((JsonArray)content!["parts"]!).OfType<JsonObject>().FirstOrDefault(part => part.ContainsKey("functionCall")) is { } call)
            {
                call.TryAdd(GeminiThoughts.Field, NoSignature);
            }
        }
    }

    /// <summary>A part that calls a tool.</summary>
    public static JsonObject Call(ToolCall call) => new()
    {
        ["functionCall"] = new JsonObject { ["name"] = call.Name, ["args"] = ToolArguments.Object(call.Arguments) },
    };

    private static JsonArray Model(ModelMessage message, IReadOnlyList<SignedThoughts> thoughts)
    {
        if (ThoughtWeave.Of(message, thoughts, ChatDialect.Gemini) is { } found)
            return Signed(message, found.Parts);

        var parts = MessageParts.Of(message).List(Text);
        foreach (var call in message.ToolCalls ?? [])
        {
            parts.Add((JsonNode)Call(call with { Name = ToolNames.FitGemini(call.Name) }));
        }

        return parts;
    }

    private static JsonArray Signed(ModelMessage message, IReadOnlyList<SignedPart> signed)
    {
        string? signature = null;
        return ThoughtWeave.Parts(
            message,
            signed,
            Text,
            number =>
            {
                var call = message.ToolCalls![number];
                var part = Call(call with { Name = ToolNames.FitGemini(call.Name) }).With(GeminiThoughts.Field, signature);
                signature = null;
                return part;
            },
            part =>
            {
                if (!part.ContainsKey(GeminiThoughts.OfCall))
                    return part;

                // The next call's.
                signature = part.Text(GeminiThoughts.Field);
                return null;
            });
    }

    private static JsonObject Response(ModelMessage message)
    {
        var text = Conversation.MediaText(message);
        return new()
        {
            ["functionResponse"] = new JsonObject
            {
                ["name"] = ToolNames.FitGemini(message.Name),
                ["response"] = message.ToolError is null ? Result(text) : new() { ["error"] = ToolResults.Text(message, text) },
            },
        };
    }

    /// <summary>A result that is an object as it is; any other, and one that could be taken for a wrapped one, wrapped.</summary>
    private static JsonObject Result(string text)
    {
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                using var document = JsonDocument.Parse(text);
                var node = JsonNodes.Of(document.RootElement.Clone());
                return node is JsonObject result && (result.Count != 1 || !Wrappers.Any(result.ContainsKey)) ? result : new() { ["result"] = node };
            }
            catch (Exception failure) when (failure is JsonException or ArgumentException or InvalidOperationException)
            {
                // No JSON, or none that an object can be made of: a text like any other.
            }
        }

        return new() { ["result"] = text };
    }

    private static JsonObject? Part(MediaReference media)
    {
        if (DataUrl.TryRead(media.Url, media.MimeType, out var data))
            return new() { ["inlineData"] = new JsonObject { ["mimeType"] = data.MimeType, ["data"] = data.Base64 } };

        var isKnown = MediaTypes.IsWeb(media.Url) || media.Url.StartsWith("gs://", StringComparison.Ordinal);
        return isKnown && MediaTypes.Of(media) is { } type
            ? new() { ["fileData"] = new JsonObject { ["mimeType"] = type, ["fileUri"] = media.Url } }
            : null;
    }
}
