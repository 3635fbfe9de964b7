using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads requests of OpenAI's responses.</summary>
internal static class OpenAIResponsesRequests
{
    /// <summary>Reads a request.</summary>
    public static ChatRequest Parse(JsonObject body) => new()
    {
        Model = body.RequiredName("model"),
        Messages = Messages(body),
        Tools = Tools(body),
        ToolChoice = OpenAITools.ReadChoice(body),
        ResponseFormat = Format(body.Object("text")?.Object("format")),
        Temperature = body.Number("temperature", 0, 2),
        TopP = body.Number("top_p", 0, 1),
        MaxTokens = body.Count("max_output_tokens"),
        ReasoningEffort = body.Object("reasoning")?.Text("effort"),
        Stream = body.Flag("stream") ?? false,
    };

    private static List<ModelMessage> Messages(JsonObject body)
    {
        var messages = new List<ModelMessage>();
        if (body.Text("instructions") is { Length: > 0 } instructions)
        {
            messages.Add(new() { Role = MessageRole.System, Content = instructions });
        }

        var input = body.Get("input") ?? throw body.Refusal("input", "is required");
        if (JsonFields.AsText(input) is { } text)
        {
            messages.Add(new() { Role = MessageRole.User, Content = text });
            return messages;
        }

        List<ToolCall>? open = null;
        foreach (var item in (input as JsonArray ?? throw body.Refusal("input", "must be a string or a list of items")).Objects())
        {
            switch (item.Text("type") ?? "message")
            {
                case "message":
                    messages.Add(Message(item));
                    break;

                case "function_call":
                    AddCall(messages, ref open, new(item.RequiredName("call_id"), item.RequiredName("name"), OpenAITools.ReadArguments(item, "arguments")));
                    break;

                case "function_call_output":
                    messages.Add(Output(item));
                    break;

                default:
                    // Reasoning, references to stored items, and calls that OpenAI runs itself have no place in a request of ours.
                    break;
            }
        }

        return messages;
    }

    /// <summary>The calls of one answer are items of their own: they go to the assistant's message before them.</summary>
    /// <param name="messages">The messages so far.</param>
    /// <param name="open">The calls of the last message that has any: it grows, for a copy with each call would cost the square of their count.</param>
    /// <param name="call">The call.</param>
    private static void AddCall(List<ModelMessage> messages, ref List<ToolCall>? open, ToolCall call)
    {
        if (messages.Count > 0 && messages[^1] is { Role: MessageRole.Assistant } last)
        {
            if (last.ToolCalls is null)
            {
                open = [];
                messages[^1] = last with { ToolCalls = open };
            }
        }
        else
        {
            open = [];
            messages.Add(new() { Role = MessageRole.Assistant, Content = "", ToolCalls = open });
        }

        open!.Add(call);
    }

    private static ModelMessage Message(JsonObject item)
    {
        var role = item.RequiredText("role") switch
        {
            "system" or "developer" => MessageRole.System,
            "user" => MessageRole.User,
            "assistant" => MessageRole.Assistant,
            _ => throw item.Refusal("role", "must be system, developer, user or assistant"),
        };
        if (item.Get("content") is null)
            throw item.Refusal("content", "is required");

        var media = new List<MediaReference>();
        var text = ContentParts.Read(item, "content", role == MessageRole.Assistant ? "" : "\n", part => Part(part, media));
        return new() { Role = role, Content = text, Media = media.Count == 0 ? null : media };
    }

    private static ModelMessage Output(JsonObject item)
    {
        var id = item.RequiredName("call_id");
        if (item.Get("output") is null)
            throw item.Refusal("output", "is required");

        var media = new List<MediaReference>();
        var text = ContentParts.Read(item, "output", "\n", part => Part(part, media));
        return new() { Role = MessageRole.Tool, Content = text, ToolCallId = id, Media = media.Count == 0 ? null : media };
    }

    private static string? Part(JsonObject part, List<MediaReference> media)
    {
        switch (part.RequiredText("type"))
        {
            case "input_text" or "output_text" or "text":
                return part.RequiredText("text");

            case "refusal":
                return part.RequiredText("refusal");

            case "input_image":
                if (part.Get("image_url") is not null)
                {
                    media.Add(ContentParts.Media(MediaKind.Image, part, "image_url"));
                }

                return null;

            case "input_file":
                if (part.Get("file_data") is not null)
                {
                    media.Add(ContentParts.Media(MediaKind.File, part, "file_data", part.Text("filename")));
                }
                else if (part.Get("file_url") is not null)
                {
                    media.Add(ContentParts.Media(MediaKind.File, part, "file_url", part.Text("filename")));
                }

                return null;

            case "input_audio":
                media.Add(ContentParts.Audio(part));
                return null;

            default:
                throw part.Refusal("type", "must be input_text, input_image, input_file, output_text or refusal");
        }
    }

    private static List<ToolDefinition> Tools(JsonObject body)
    {
        var tools = new List<ToolDefinition>();
        foreach (var tool in body.List("tools").Objects())
        {
            if (tool.RequiredText("type") == "function")
            {
                tools.Add(OpenAITools.ReadDefinition(tool, "parameters"));
            }
        }

        return tools;
    }

    private static ResponseFormat? Format(JsonObject? format) => format?.RequiredText("type") switch
    {
        null or "text" => null,
        "json_object" => new(),
        "json_schema" => new(format.RequiredName("name"), format.RequiredObject("schema").Element()),
        _ => throw format.Refusal("type", "must be text, json_object or json_schema"),
    };
}
