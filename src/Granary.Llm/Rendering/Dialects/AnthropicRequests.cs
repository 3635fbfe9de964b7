using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads requests of Anthropic's messages.</summary>
internal static class AnthropicRequests
{
    /// <summary>Reads a request.</summary>
    public static ChatRequest Parse(JsonObject body)
    {
        var thinking = body.Object("thinking");
        var output = body.Object("output_config");
        return new()
        {
            Model = body.RequiredName("model"),
            Messages = [.. System(body), .. Messages(body)],
            Tools = Tools(body),
            ToolChoice = Choice(body),
            ResponseFormat = output?.Object("format") is { } format && format.Text("type") == "json_schema"
                ? new("answer", format.RequiredObject("schema").Element())
                : null,
            Temperature = body.Number("temperature", 0, 1),
            TopP = body.Number("top_p", 0, 1),
            MaxTokens = body.Count("max_tokens"),
            Stop = body.Texts("stop_sequences"),
            ReasoningEffort = AnthropicThinking.Read(thinking?.Text("type") == "enabled" ? thinking.Count("budget_tokens") : null, output?.Text("effort")),
            Stream = body.Flag("stream") ?? false,
        };
    }

    private static IEnumerable<ModelMessage> System(JsonObject body)
    {
        var text = ContentParts.Read(body, "system", "\n\n", block => block.RequiredText("text"));
        return text.Length == 0 ? [] : [new() { Role = MessageRole.System, Content = text }];
    }

    private static List<ModelMessage> Messages(JsonObject body)
    {
        var list = body.RequiredList("messages");
        if (list.Count == 0)
            throw body.Refusal("messages", "must not be empty");

        var messages = new List<ModelMessage>(list.Count);
        foreach (var message in list.Objects())
        {
            if (message.Get("content") is null)
                throw message.Refusal("content", "is required");

            switch (message.RequiredText("role"))
            {
                case "user":
                    AddUser(message, messages);
                    break;

                case "assistant":
                    messages.Add(Assistant(message));
                    break;

                case "system":
                    messages.Add(new() { Role = MessageRole.System, Content = ContentParts.Read(message, "content", "\n", block => block.RequiredText("text")) });
                    break;

                default:
                    throw message.Refusal("role", "must be user or assistant");
            }
        }

        return messages;
    }

    /// <summary>One message may hold results of tools and the user's own words: the results come first, as messages of their own.</summary>
    private static void AddUser(JsonObject message, List<ModelMessage> messages)
    {
        var media = new List<MediaReference>();
        var results = 0;
        var text = ContentParts.Read(message, "content", "\n", block =>
        {
            if (block.RequiredText("type") == "tool_result")
            {
                messages.Add(Result(block));
                results++;
                return null;
            }

            return Block(block, media);
        });

        if (text.Length > 0 || media.Count > 0 || results == 0)
        {
            messages.Add(new() { Role = MessageRole.User, Content = text, Media = media.Count == 0 ? null : media });
        }
    }

    private static ModelMessage Result(JsonObject block)
    {
        var media = new List<MediaReference>();
        var id = block.RequiredName("tool_use_id");
        var text = ContentParts.Read(block, "content", "\n", part => Block(part, media));
        var failed = block.Flag("is_error") ?? false;
        return new()
        {
            Role = MessageRole.Tool,
            Content = failed ? "" : text,
            ToolCallId = id,
            ToolError = failed ? ToolResults.Error(text) : null,
            Media = media.Count == 0 ? null : media,
        };
    }

    private static ModelMessage Assistant(JsonObject message)
    {
        var calls = new List<ToolCall>();
        var text = ContentParts.Read(message, "content", "", block =>
        {
            switch (block.RequiredText("type"))
            {
                case "text":
                    return block.RequiredText("text");

                case "tool_use":
                    calls.Add(new(block.RequiredName("id"), block.RequiredName("name"), (block.Object("input") ?? []).Element()));
                    return null;

                case "tool_result":
                    throw block.Refusal("type", "must not be tool_result in a message of the assistant");

                default:
                    return null;
            }
        });

        return new() { Role = MessageRole.Assistant, Content = text, ToolCalls = calls.Count == 0 ? null : calls };
    }

    /// <summary>The text of a user's block, or null for one of media or without a place.</summary>
    private static string? Block(JsonObject block, List<MediaReference> media)
    {
        switch (block.RequiredText("type"))
        {
            case "text":
                return block.RequiredText("text");

            case "image":
                AddSource(MediaKind.Image, block.RequiredObject("source"), null, media);
                return null;

            case "document":
                var source = block.RequiredObject("source");
                if (source.Text("type") == "text")
                    return source.RequiredText("data");

                if (source.Text("type") == "content")
                    return ContentParts.Read(source, "content", "\n", part => Block(part, media));

                AddSource(MediaKind.File, source, block.Text("title"), media);
                return null;

            case "tool_use":
                throw block.Refusal("type", "must not be tool_use in a message of the user");

            default:
                return null;
        }
    }

    private static void AddSource(MediaKind kind, JsonObject source, string? title, List<MediaReference> media)
    {
        switch (source.RequiredText("type"))
        {
            case "base64":
                media.Add(ContentParts.Data(kind, source, "data", source.RequiredName("media_type")) with { Description = title });
                break;

            case "url":
                var reference = ContentParts.Media(kind, source, "url", title);
                media.Add(kind == MediaKind.File ? reference with { MimeType = MediaTypes.Pdf } : reference);
                break;

            case "file":
                // A file stored at Anthropic has no address.
                break;

            default:
                throw source.Refusal("type", "must be base64, url, text, content or file");
        }
    }

    private static List<ToolDefinition> Tools(JsonObject body)
    {
        var tools = new List<ToolDefinition>();
        foreach (var tool in body.List("tools").Objects())
        {
            // Tools that Anthropic runs itself have a type of their own.
            if (tool.Text("type") is null or "custom")
            {
                tools.Add(OpenAITools.ReadDefinition(tool, "input_schema"));
            }
        }

        return tools;
    }

    private static ToolChoice? Choice(JsonObject body)
    {
        if (body.Object("tool_choice") is not { } choice)
            return null;

        bool? parallel = choice.Flag("disable_parallel_tool_use") is { } disabled ? !disabled : null;
        return choice.RequiredText("type") switch
        {
            "auto" => new(ToolChoiceKind.Auto, null, parallel),
            "any" => new(ToolChoiceKind.Required, null, parallel),
            "none" => new(ToolChoiceKind.None),
            "tool" => new(ToolChoiceKind.Named, choice.RequiredName("name"), parallel),
            _ => throw choice.Refusal("type", "must be auto, any, none or tool"),
        };
    }
}
