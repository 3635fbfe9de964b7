using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Messages as Anthropic takes them.</summary>
internal static class AnthropicMessages
{
    private const int MaxCallId = 64;

    /// <summary>Writes messages without system messages; neighbours of one role become one message.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="thoughts">What was signed of them.</param>
    public static JsonArray Render(IReadOnlyList<ModelMessage> messages, IReadOnlyList<SignedThoughts> thoughts) =>
        RoleTurns.Of(messages, "assistant", message => Assistant(message, thoughts), Result, message => MessageParts.Of(message, Part).List(OpenAIChatRenderer.TextPart)).ToArray("content", unwrapText: true);

    /// <summary>Anthropic refuses an answer to go on with that ends in a space.</summary>
    public static void TrimEnd(JsonArray list)
    {
        if (list[^1] is JsonObject last && last["role"]!.GetValue<string>() == "assistant")
        {
            if (last["content"] is JsonValue text)
            {
                last["content"] = text.GetValue<string>().TrimEnd();
            }
            else if (last["content"] is JsonArray blocks && blocks[^1] is JsonObject block && block["text"] is { } ending)
            {
                block["text"] = ending.GetValue<string>().TrimEnd();
            }
        }
    }

    private static JsonArray Assistant(ModelMessage message, IReadOnlyList<SignedThoughts> thoughts)
    {
        if (ThoughtWeave.Of(message, thoughts, ChatDialect.Anthropic) is { } signed)
            return ThoughtWeave.Parts(message, signed.Parts, OpenAIChatRenderer.TextPart, number => ToolUse(message.ToolCalls![number]), static block => block);

        var blocks = MessageParts.Of(message).List(OpenAIChatRenderer.TextPart);
        foreach (var call in message.ToolCalls ?? [])
        {
            blocks.Add((JsonNode)ToolUse(call));
        }

        return blocks;
    }

    private static JsonObject ToolUse(ToolCall call) => new()
    {
        ["type"] = "tool_use",
        ["id"] = ToolCallIds.Fit(call.Id, MaxCallId),
        ["name"] = call.Name,
        ["input"] = ToolArguments.Object(call.Arguments),
    };

    private static JsonObject Result(ModelMessage message)
    {
        var parts = MessageParts.Of(message, Part);
        var content = (parts with { Text = ToolResults.Text(message, parts.Text) }).Content(OpenAIChatRenderer.TextPart);
        var result = new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = ToolCallIds.Fit(message.ToolCallId!, MaxCallId) };
        if (content is JsonArray || !string.IsNullOrWhiteSpace(content.GetValue<string>()))
        {
            result["content"] = content;
        }

        if (message.ToolError is not null)
        {
            result["is_error"] = true;
        }

        return result;
    }

    private static JsonObject? Part(MediaReference media)
    {
        var isData = DataUrl.TryRead(media.Url, media.MimeType, out var data);
        return media.Type switch
        {
            MediaKind.Image when isData && data.MimeType is "image/jpeg" or "image/png" or "image/gif" or "image/webp" => Block("image", Base64(data)),
            MediaKind.Image when MediaTypes.IsWeb(media.Url) => Block("image", Url(media.Url)),
            MediaKind.File when isData && data.MimeType == MediaTypes.Pdf => Block("document", Base64(data), media.Description),
            MediaKind.File when MediaTypes.IsWeb(media.Url) && MediaTypes.Of(media) == MediaTypes.Pdf => Block("document", Url(media.Url), media.Description),
            _ => null,
        };
    }

    private static JsonObject Block(string type, JsonObject source, string? title = null)
    {
        var block = new JsonObject { ["type"] = type, ["source"] = source };
        if (!string.IsNullOrWhiteSpace(title))
        {
            block["title"] = title;
        }

        return block;
    }

    private static JsonObject Base64(DataUrl data) => new() { ["type"] = "base64", ["media_type"] = data.MimeType, ["data"] = data.Base64 };

    private static JsonObject Url(string url) => new() { ["type"] = "url", ["url"] = url };
}
