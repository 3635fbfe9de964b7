using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>OpenAI's chat completions. System messages stay where they are, roles need not alternate, names of speakers are kept.</summary>
internal sealed class OpenAIChatRenderer(TimeProvider time) : IChatRenderer
{
    /// <summary>OpenAI refuses longer ids of calls.</summary>
    private const int MaxCallId = 40;

    public ChatDialect Dialect => ChatDialect.OpenAIChat;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var messages = Conversation.Whole(request.Messages);
        var list = Entries(messages);
        if (list.Count == 0)
        {
            list.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = Conversation.Filler });
        }

        if (request.ResponseFormat is { Schema: null } && !JsonMode.IsMentioned(messages))
        {
            list.Insert(0, new JsonObject { ["role"] = "system", ["content"] = JsonMode.Short });
        }

        var reasons = ModelFamilies.IsOpenAIReasoning(request.Model);
        var body = new JsonObject { ["model"] = request.Model, ["messages"] = list }
            .With("temperature", reasons ? null : request.Temperature)
            .With("top_p", reasons ? null : request.TopP)
            .With(reasons ? "max_completion_tokens" : "max_tokens", request.MaxTokens)
            .With("stop", reasons ? null : JsonNodes.ListOrNull(request.Stop))
            .With(OpenAIEffort.Field, OpenAIEffort.Of(request))
            .With("response_format", OpenAITools.ResponseFormat(request.ResponseFormat));
        OpenAITools.Render(request, body, required: "required", parallel: !ModelFamilies.IsO(request.Model));
        if (request.Stream)
        {
            body["stream"] = true;
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        return body;
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => Entries(Conversation.Stretch(messages));

    public ChatRequest ParseRequest(JsonObject body) => OpenAIChatRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => OpenAIChatResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => OpenAIChatResponses.Render(response, time);

    public JsonObject RenderError(int status, string code, string message) => OpenAIErrors.Render(status, code, message);

    /// <summary>The form of media in a user's message: pictures by address or content, sounds and PDF by content.</summary>
    internal static JsonObject? Part(MediaReference media) => media.Type switch
    {
        MediaKind.Image when MediaTypes.IsWeb(media.Url) => Image(media.Url),
        MediaKind.Image when DataUrl.TryRead(media.Url, media.MimeType, out var data) => Image(data.ToString()),
        MediaKind.Audio when DataUrl.TryRead(media.Url, media.MimeType, out var data) && MediaTypes.AudioFormat(data.MimeType) is { } format => new()
        {
            ["type"] = "input_audio",
            ["input_audio"] = new JsonObject { ["data"] = data.Base64, ["format"] = format },
        },
        MediaKind.File when DataUrl.TryRead(media.Url, media.MimeType, out var data) && data.MimeType == MediaTypes.Pdf => new()
        {
            ["type"] = "file",
            ["file"] = new JsonObject { ["filename"] = media.Description ?? "file.pdf", ["file_data"] = data.ToString() },
        },
        _ => null,
    };

    internal static JsonObject TextPart(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonObject Image(string url) => new() { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = url } };

    private static JsonArray Entries(IReadOnlyList<ModelMessage> messages) => [.. messages.Select(JsonNode (message) => Entry(message))];

    private static JsonObject Entry(ModelMessage message) => message.Role switch
    {
        MessageRole.System => Named(new() { ["role"] = "system", ["content"] = Conversation.MediaText(message) }, message),
        MessageRole.Assistant => Named(OpenAITools.Assistant(message, id => ToolCallIds.Fit(id, MaxCallId), ToolArguments.Text), message),
        MessageRole.Tool => new()
        {
            ["role"] = "tool",
            ["tool_call_id"] = ToolCallIds.Fit(message.ToolCallId!, MaxCallId),
            ["content"] = ToolResults.Text(message, Conversation.MediaText(message)),
        },
        _ => Named(new() { ["role"] = "user", ["content"] = MessageParts.Of(message, Part).Content(TextPart) }, message),
    };

    private static JsonObject Named(JsonObject entry, ModelMessage message) =>
        string.IsNullOrWhiteSpace(message.Name) ? entry : entry.With("name", ToolNames.Like(message.Name));
}
