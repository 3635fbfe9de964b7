using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads requests of OpenAI's chat completions.</summary>
internal static class OpenAIChatRequests
{
    private const string Roles = "must be system, developer, user, assistant or tool";

    /// <summary>Reads a request.</summary>
    public static ChatRequest Parse(JsonObject body) => new()
    {
        Model = body.RequiredName("model"),
        Messages = Messages(body),
        Tools = OpenAITools.ReadDefinitions(body),
        ToolChoice = OpenAITools.ReadChoice(body),
        ResponseFormat = Format(body),
        Temperature = body.Number("temperature", 0, 2),
        TopP = body.Number("top_p", 0, 1),
        MaxTokens = body.Count("max_completion_tokens") ?? body.Count("max_tokens"),
        Stop = body.Texts("stop"),
        ReasoningEffort = body.Text("reasoning_effort"),
        Stream = body.Flag("stream") ?? false,
    };

    private static List<ModelMessage> Messages(JsonObject body)
    {
        var list = body.RequiredList("messages");
        if (list.Count == 0)
            throw body.Refusal("messages", "must not be empty");

        return [.. list.Objects().Select(Message)];
    }

    private static ModelMessage Message(JsonObject message)
    {
        var role = message.RequiredText("role") switch
        {
            "system" or "developer" => MessageRole.System,
            "user" => MessageRole.User,
            "assistant" => MessageRole.Assistant,
            "tool" => MessageRole.Tool,
            _ => throw message.Refusal("role", Roles),
        };

        var calls = role == MessageRole.Assistant ? OpenAITools.ReadCalls(message) : null;
        if (role != MessageRole.Assistant && message.Get("content") is null)
            throw message.Refusal("content", "is required");

        var media = new List<MediaReference>();
        var text = ContentParts.Read(message, "content", role == MessageRole.Assistant ? "" : "\n", part => Part(part, media));
        return new()
        {
            Role = role,
            Content = text.Length == 0 && role == MessageRole.Assistant ? message.Text("refusal") ?? "" : text,
            Name = message.Text("name"),
            Media = media.Count == 0 ? null : media,
            ToolCalls = calls,
            ToolCallId = role == MessageRole.Tool ? message.RequiredName("tool_call_id") : null,
        };
    }

    /// <summary>The text of a part, or null for one of media or without a place.</summary>
    private static string? Part(JsonObject part, List<MediaReference> media)
    {
        switch (part.RequiredText("type"))
        {
            case "text":
                return part.RequiredText("text");

            case "refusal":
                return part.RequiredText("refusal");

            case "image_url":
                // Mistral's clients may give the bare address.
                media.Add(ContentParts.Media(MediaKind.Image, part.Get("image_url") is JsonObject image ? image : part, part.Get("image_url") is JsonObject ? "url" : "image_url"));
                return null;

            case "video_url":
                media.Add(ContentParts.Media(MediaKind.Video, part.RequiredObject("video_url"), "url"));
                return null;

            case "document_url":
                media.Add(ContentParts.Media(MediaKind.File, part, "document_url"));
                return null;

            case "input_audio":
                media.Add(ContentParts.Audio(part));
                return null;

            case "file":
                // One that only names a file stored at OpenAI has no address.
                if (part.Object("file") is { } file && file.Get("file_data") is not null)
                {
                    media.Add(ContentParts.Media(MediaKind.File, file, "file_data", file.Text("filename")));
                }

                return null;

            case "thinking" or "reference":
                return null;

            default:
                throw part.Refusal("type", "must be text, image_url, input_audio, file or refusal");
        }
    }

    private static ResponseFormat? Format(JsonObject body)
    {
        if (body.Object("response_format") is not { } format)
            return null;

        switch (format.RequiredText("type"))
        {
            case "text":
                return null;

            case "json_object":
                return new();

            case "json_schema":
                var schema = format.RequiredObject("json_schema");
                return new(schema.RequiredName("name"), schema.Object("schema")?.Element());

            default:
                throw format.Refusal("type", "must be text, json_object or json_schema");
        }
    }
}
