using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Ollama's chat: system messages where they are, pictures by content beside the text, arguments as objects. It knows no choice of tools: none means that it
/// is offered none, a named one that it is offered only that.
/// </summary>
internal sealed class OllamaRenderer(TimeProvider time) : IChatRenderer
{
    public ChatDialect Dialect => ChatDialect.Ollama;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var list = Entries(Conversation.Whole(request.Messages));
        if (list.Count == 0)
        {
            list.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = Conversation.Filler });
        }

        var options = new JsonObject()
            .With("temperature", request.Temperature)
            .With("top_p", request.TopP)
            .With("num_predict", request.MaxTokens)
            .With("stop", JsonNodes.ListOrNull(request.Stop));
        var tools = Tools(request).ToList();
        return new JsonObject { ["model"] = request.Model, ["messages"] = list }
            .With("tools", tools.Count == 0 ? null : OpenAITools.Definitions(tools))
            .With("format", Format(request.ResponseFormat))
            .With("think", Think(request))
            .With("options", options.Count == 0 ? null : options)
            .With("stream", request.Stream);
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => Entries(Conversation.Stretch(messages));

    public ChatRequest ParseRequest(JsonObject body) => OllamaRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => OllamaResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => OllamaResponses.Render(response, time);

    public JsonObject RenderError(int status, string code, string message) => new() { ["error"] = message };

    /// <summary>Calls as Ollama writes them.</summary>
    internal static JsonArray Calls(IEnumerable<ToolCall> calls) => [.. calls.Select(JsonNode (call) => new JsonObject
    {
        ["id"] = call.Id,
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = ToolArguments.Object(call.Arguments) },
    })];

    private static IEnumerable<ToolDefinition> Tools(ChatRequest request) => request.ToolChoice switch
    {
        { Kind: ToolChoiceKind.None } => [],
        { Kind: ToolChoiceKind.Named, Name: { } name } => request.Tools.Where(tool => tool.Name == name),
        _ => request.Tools,
    };

    private static JsonNode? Format(ResponseFormat? format) => format switch
    {
        null => null,
        { Schema: { } schema } => JsonNodes.Of(schema),
        _ => "json",
    };

    /// <summary>Most models only think or do not; those of OpenAI's open family take a level.</summary>
    private static JsonNode? Think(ChatRequest request) => request.ReasoningEffort switch
    {
        null => null,
        var effort when ModelFamilies.Bare(request.Model).StartsWith("gpt-oss", StringComparison.OrdinalIgnoreCase) =>
            effort is "medium" or "high" ? effort : "low",
        var effort => effort is not ("none" or "minimal"),
    };

    private static JsonArray Entries(IReadOnlyList<ModelMessage> messages) => [.. messages.Select(JsonNode (message) => Entry(message))];

    private static JsonObject Entry(ModelMessage message)
    {
        if (message.Role == MessageRole.Assistant)
        {
            var assistant = new JsonObject { ["role"] = "assistant", ["content"] = Conversation.MediaText(message) };
            return assistant.With("tool_calls", message.ToolCalls is { Count: > 0 } calls ? Calls(calls) : null);
        }

        var images = new JsonArray();
        var text = MessageParts.Of(message, media => Image(media, images)).Text;
        var entry = message.Role == MessageRole.Tool
            ? new JsonObject
            {
                ["role"] = "tool",
                ["content"] = ToolResults.Text(message, text),
                ["tool_name"] = message.Name,
                ["tool_call_id"] = message.ToolCallId,
            }
            : new JsonObject { ["role"] = message.Role == MessageRole.System ? "system" : "user", ["content"] = text };
        return entry.With("images", images.Count == 0 ? null : images);
    }

    /// <summary>Collects a picture; what it returns only says that it is no line of the text.</summary>
    private static JsonObject? Image(MediaReference media, JsonArray images)
    {
        if (media.Type != MediaKind.Image || !DataUrl.TryRead(media.Url, media.MimeType, out var data))
            return null;

        images.Add((JsonNode)data.Base64);
        return [];
    }
}
