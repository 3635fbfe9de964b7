using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads requests of Ollama's chat.</summary>
internal static class OllamaRequests
{
    /// <summary>Reads a request.</summary>
    public static ChatRequest Parse(JsonObject body)
    {
        var options = body.Object("options") ?? [];
        return new()
        {
            Model = body.RequiredName("model"),
            Messages = Messages(body),
            Tools = OpenAITools.ReadDefinitions(body),
            ResponseFormat = Format(body),
            Temperature = options.Number("temperature", 0, 2),
            TopP = options.Number("top_p", 0, 1),
            MaxTokens = Limit(options),
            Stop = options.Texts("stop"),
            ReasoningEffort = Effort(body),
            Stream = body.Flag("stream") ?? true,
        };
    }

    private static List<ModelMessage> Messages(JsonObject body)
    {
        var messages = new List<ModelMessage>();
        var calls = new UnansweredCalls();
        foreach (var message in body.RequiredList("messages").Objects())
        {
            messages.Add(Message(message, messages.Count, calls));
        }

        return messages;
    }

    private static ModelMessage Message(JsonObject message, int position, UnansweredCalls open)
    {
        var role = message.RequiredText("role") switch
        {
            "system" => MessageRole.System,
            "user" => MessageRole.User,
            "assistant" => MessageRole.Assistant,
            "tool" => MessageRole.Tool,
            _ => throw message.Refusal("role", "must be system, user, assistant or tool"),
        };
        var content = message.Text("content") ?? "";
        if (role == MessageRole.Tool)
        {
            var name = message.Text("tool_name") ?? message.Text("name");
            return new() { Role = role, Content = content, Name = name, ToolCallId = open.Take(message.Text("tool_call_id"), name), Media = Images(message) };
        }

        var calls = role == MessageRole.Assistant ? OpenAITools.ReadCalls(message, index => $"call_{position}_{index}") : null;
        open.Add(calls);
        return new() { Role = role, Content = content, ToolCalls = calls, Media = Images(message) };
    }

    private static List<MediaReference>? Images(JsonObject message)
    {
        var images = message.Texts("images");
        if (images.Count == 0)
            return null;

        return [.. images.Select((image, index) =>
        {
            if (!DataUrl.IsBase64(image))
                throw message.Refusal($"images[{index}]", "must be base64");

            var type = ImageTypes.Of(image);
            return new MediaReference(MediaKind.Image, new DataUrl(type, image).ToString(), type);
        })];
    }

    private static ResponseFormat? Format(JsonObject body) => body.Get("format") switch
    {
        null => null,
        JsonObject schema => new("answer", schema.Element()),
        { } word => JsonFields.AsText(word) switch
        {
            "json" => new(),
            "" => null,
            _ => throw body.Refusal("format", "must be json or a JSON Schema"),
        },
    };

    /// <summary>Negative numbers mean no limit.</summary>
    private static int? Limit(JsonObject options) => options.Number("num_predict", -2, int.MaxValue) is >= 1 ? options.Count("num_predict") : null;

    private static string? Effort(JsonObject body) => body.Get("think") switch
    {
        null => null,
        { } think when think.GetValueKind() == JsonValueKind.True => "medium",
        { } think when think.GetValueKind() == JsonValueKind.False => "minimal",
        { } think => JsonFields.AsText(think) ?? throw body.Refusal("think", "must be true, false or a level"),
    };
}
