using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Mistral's chat: as OpenAI's, but one system message at the beginning, no user after a tool's result, ids of calls of nine letters and digits, and an
/// assistant's message at the end only as the beginning of the answer (rules of mistral-common's <c>MistralRequestValidatorV3</c>).
/// </summary>
internal sealed class MistralRenderer(TimeProvider time) : IChatRenderer
{
    private const double MaxTemperature = 1.5;

    public ChatDialect Dialect => ChatDialect.Mistral;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var messages = Conversation.Whole(request.Messages);
        var list = Entries(messages);
        var system = Conversation.SystemText(messages);
        if (request.ResponseFormat is { Schema: null } && !JsonMode.IsMentioned(messages))
        {
            system = JsonMode.AppendTo(system, JsonMode.Short);
        }

        if (system is not null)
        {
            list.Insert(0, new JsonObject { ["role"] = "system", ["content"] = system });
        }

        if (list.Count == (system is null ? 0 : 1))
        {
            list.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = Conversation.Filler });
        }

        if (list[^1] is JsonObject last && Role(last) == "assistant")
        {
            last["prefix"] = true;
        }

        var body = new JsonObject { ["model"] = request.Model, ["messages"] = list }
            .With("temperature", request.Temperature is { } temperature ? Math.Min(temperature, MaxTemperature) : null)
            .With("top_p", request.TopP)
            .With("max_tokens", request.MaxTokens)
            .With("stop", JsonNodes.ListOrNull(request.Stop))
            .With("reasoning_effort", request.ReasoningEffort)
            .With("response_format", OpenAITools.ResponseFormat(request.ResponseFormat));
        OpenAITools.Render(request, body, required: "any", parallel: true);
        return request.Stream ? body.With("stream", true) : body;
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => Entries(Conversation.Stretch(messages));

    public ChatRequest ParseRequest(JsonObject body) => OpenAIChatRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => OpenAIChatResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => OpenAIChatResponses.Render(response, time);

    public JsonObject RenderError(int status, string code, string message) => new()
    {
        ["object"] = "error",
        ["message"] = message,
        ["type"] = OpenAIErrors.Type(status),
        ["param"] = null,
        ["code"] = code,
    };

    private static JsonArray Entries(IReadOnlyList<ModelMessage> messages)
    {
        var list = new JsonArray();
        foreach (var message in messages)
        {
            if (message.Role != MessageRole.System)
            {
                Add(list, Entry(message));
            }
        }

        return list;
    }

    private static void Add(JsonArray list, JsonObject entry)
    {
        var last = list.Count == 0 ? null : (JsonObject)list[^1]!;
        if (Role(entry) == "user" && last is not null && Role(last) == "tool")
        {
            list.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = Conversation.Filler });
        }
        else if (last is not null && Role(entry) == Role(last) && Role(entry) != "tool" && !last.ContainsKey("tool_calls"))
        {
            Merge(last, entry);
            return;
        }

        list.Add((JsonNode)entry);
    }

    private static void Merge(JsonObject target, JsonObject entry)
    {
        if (target["content"] is JsonArray || entry["content"] is JsonArray)
        {
            var parts = new JsonArray([.. Parts(target), .. Parts(entry)]);
            target["content"] = parts;
        }
        else
        {
            var texts = new[] { target, entry }.Select(one => one["content"]?.GetValue<string>()).Where(text => !string.IsNullOrEmpty(text));
            target["content"] = string.Join("\n\n", texts);
        }

        if (entry["tool_calls"] is { } calls)
        {
            target["tool_calls"] = calls.DeepClone();
        }
    }

    private static IEnumerable<JsonNode> Parts(JsonObject entry) => entry["content"] switch
    {
        JsonArray parts => parts.Select(part => part!.DeepClone()),
        { } text => [OpenAIChatRenderer.TextPart(text.GetValue<string>())],
        _ => [],
    };

    private static string Role(JsonObject entry) => entry["role"]!.GetValue<string>();

    private static JsonObject Entry(ModelMessage message)
    {
        switch (message.Role)
        {
            case MessageRole.Assistant:
                var entry = OpenAITools.Assistant(message, ToolCallIds.Nine, ToolArguments.ObjectText);
                entry["content"] ??= "";
                return entry;

            case MessageRole.Tool:
                return new()
                {
                    ["role"] = "tool",
                    ["name"] = message.Name,
                    ["tool_call_id"] = ToolCallIds.Nine(message.ToolCallId!),
                    ["content"] = ToolResults.Text(message, Conversation.MediaText(message)),
                };

            default:
                return new() { ["role"] = "user", ["content"] = MessageParts.Of(message, Part).Content(OpenAIChatRenderer.TextPart) };
        }
    }

    private static JsonObject? Part(MediaReference media)
    {
        var isData = DataUrl.TryRead(media.Url, media.MimeType, out var data);
        var url = isData ? data.ToString() : media.Url;
        if (!isData && !MediaTypes.IsWeb(media.Url))
            return null;

        return media.Type switch
        {
            MediaKind.Image => new() { ["type"] = "image_url", ["image_url"] = url },
            MediaKind.Audio => new() { ["type"] = "input_audio", ["input_audio"] = isData ? data.Base64 : media.Url },
            MediaKind.File when MediaTypes.Of(media) == MediaTypes.Pdf => new JsonObject { ["type"] = "document_url", ["document_url"] = url }
                .With("document_name", media.Description),
            _ => null,
        };
    }
}
