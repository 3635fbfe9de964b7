using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// OpenAI's responses. The system messages at the beginning become <c>instructions</c>, later ones stay where they are; calls and results are items of their
/// own. Nothing is stored at OpenAI.
/// </summary>
internal sealed class OpenAIResponsesRenderer(TimeProvider time) : IChatRenderer
{
    private const int MaxCallId = 64;

    public ChatDialect Dialect => ChatDialect.OpenAIResponses;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var messages = Conversation.Whole(request.Messages);
        var instructions = Conversation.SystemText(messages.TakeWhile(IsSystem));
        var input = Items(messages);
        if (input.Count == 0)
        {
            input.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = Conversation.Filler });
        }

        if (request.ResponseFormat is { Schema: null } && !JsonMode.IsMentioned(messages.SkipWhile(IsSystem)))
        {
            // OpenAI looks for the word in the input, not in the instructions.
            input.Insert(0, new JsonObject { ["role"] = "system", ["content"] = JsonMode.Short });
        }

        var reasons = ModelFamilies.IsOpenAIReasoning(request.Model);
        var body = new JsonObject { ["model"] = request.Model }
            .With("instructions", instructions)
            .With("input", input)
            .With("store", false)
            .With("include", reasons ? new JsonArray("reasoning.encrypted_content") : null)
            .With("temperature", reasons ? null : request.Temperature)
            .With("top_p", reasons ? null : request.TopP)
            .With("max_output_tokens", request.MaxTokens)
            .With("reasoning", OpenAIEffort.Of(request) is { } effort ? new JsonObject { ["effort"] = effort } : null)
            .With("text", Format(request.ResponseFormat));
        if (request.Tools.Count > 0)
        {
            body["tools"] = new JsonArray([.. request.Tools.Select(Tool)]);
            body.With("tool_choice", Choice(request.ToolChoice))
                .With("parallel_tool_calls", ModelFamilies.IsO(request.Model) ? null : request.ToolChoice?.AllowParallel);
        }

        return request.Stream ? body.With("stream", true) : body;
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => Items(Conversation.Stretch(messages));

    public ChatRequest ParseRequest(JsonObject body) => OpenAIResponsesRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => OpenAIResponsesResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => OpenAIResponsesResponses.Render(response, time);

    public JsonObject RenderError(int status, string code, string message) => OpenAIErrors.Render(status, code, message);

    private static bool IsSystem(ModelMessage message) => message.Role == MessageRole.System;

    private static JsonArray Items(IReadOnlyList<ModelMessage> messages)
    {
        var items = new JsonArray();
        foreach (var message in messages.SkipWhile(IsSystem))
        {
            switch (message.Role)
            {
                case MessageRole.Tool:
                    items.Add((JsonNode)Output(message));
                    break;

                case MessageRole.Assistant:
                    AddAssistant(message, items);
                    break;

                case MessageRole.System:
                    items.Add((JsonNode)new JsonObject { ["role"] = "system", ["content"] = Conversation.MediaText(message) });
                    break;

                default:
                    items.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = MessageParts.Of(message, Part).Content(TextPart) });
                    break;
            }
        }

        return items;
    }

    private static void AddAssistant(ModelMessage message, JsonArray items)
    {
        var text = Conversation.MediaText(message);
        if (!string.IsNullOrWhiteSpace(text))
        {
            items.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = text });
        }

        foreach (var call in message.ToolCalls ?? [])
        {
            items.Add((JsonNode)new JsonObject
            {
                ["type"] = "function_call",
                ["call_id"] = ToolCallIds.Fit(call.Id, MaxCallId),
                ["name"] = call.Name,
                ["arguments"] = ToolArguments.Text(call.Arguments),
            });
        }
    }

    private static JsonObject Output(ModelMessage message)
    {
        var parts = MessageParts.Of(message, Part);
        return new()
        {
            ["type"] = "function_call_output",
            ["call_id"] = ToolCallIds.Fit(message.ToolCallId!, MaxCallId),
            ["output"] = (parts with { Text = ToolResults.Text(message, parts.Text) }).Content(TextPart),
        };
    }

    private static JsonObject? Part(MediaReference media)
    {
        var isData = DataUrl.TryRead(media.Url, media.MimeType, out var data);
        return media.Type switch
        {
            MediaKind.Image when isData || MediaTypes.IsWeb(media.Url) => new()
            {
                ["type"] = "input_image",
                ["image_url"] = isData ? data.ToString() : media.Url,
                ["detail"] = "auto",
            },
            MediaKind.File when isData => new()
            {
                ["type"] = "input_file",
                ["filename"] = media.Description ?? (data.MimeType == MediaTypes.Pdf ? "file.pdf" : "file"),
                ["file_data"] = data.ToString(),
            },
            MediaKind.File when MediaTypes.IsWeb(media.Url) => new() { ["type"] = "input_file", ["file_url"] = media.Url },
            _ => null,
        };
    }

    private static JsonObject TextPart(string text) => new() { ["type"] = "input_text", ["text"] = text };

    private static JsonObject? Format(ResponseFormat? format) => format switch
    {
        null => null,
        { Schema: null } => new() { ["format"] = new JsonObject { ["type"] = "json_object" } },
        _ => new() { ["format"] = JsonMode.Schema(format).With("type", "json_schema") },
    };

    /// <summary>A tool; said not to be strict, because here the default is that it is.</summary>
    private static JsonObject Tool(ToolDefinition tool) => new JsonObject { ["type"] = "function", ["name"] = ToolNames.Fit(tool.Name) }
        .With("description", string.IsNullOrEmpty(tool.Description) ? null : tool.Description)
        .With("parameters", OpenAITools.Parameters(tool))
        .With("strict", false);

    private static JsonNode? Choice(ToolChoice? choice) => choice?.Kind switch
    {
        null => null,
        ToolChoiceKind.None => "none",
        ToolChoiceKind.Required => "required",
        ToolChoiceKind.Named => new JsonObject { ["type"] = "function", ["name"] = ToolNames.Fit(choice.Name) },
        _ => "auto",
    };
}
