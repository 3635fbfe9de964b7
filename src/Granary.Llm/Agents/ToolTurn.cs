using System.Text.Json.Nodes;
using Granary.Llm.Functions;
using Granary.Llm.Rendering;

namespace Granary.Llm.Agents;

/// <summary>What a turn of tool calls adds to a conversation: the assistant's message and a message for each result.</summary>
public static class ToolTurn
{
    // What an assistant's message of OpenAI's chat may say when it is sent back; servers refuse or charge for other things that they answer.
    private static readonly string[] AssistantFields = ["role", "content", "refusal", "tool_calls"];

    /// <summary>The messages, in no provider's dialect.</summary>
    /// <param name="answer">The answer that calls tools.</param>
    /// <param name="results">A result for each call, in order.</param>
    public static IReadOnlyList<ModelMessage> Of(ChatResponse answer, IReadOnlyList<FunctionResult> results)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(results);
        ArgumentOutOfRangeException.ThrowIfNotEqual(results.Count, answer.ToolCalls.Count);
        return
        [
            new ModelMessage { Role = MessageRole.Assistant, Content = answer.Content, ToolCalls = answer.ToolCalls },
            .. answer.ToolCalls.Zip(results, static (call, result) => new ModelMessage
            {
                Role = MessageRole.Tool,
                Name = call.Name,
                ToolCallId = call.Id,
                Content = result.IsError ? "" : result.Text,
                ToolError = result.IsError ? result.Text : null,
            }),
        ];
    }

    /// <summary>Appends the turn to a rendered payload.</summary>
    /// <param name="renderer">The payload's dialect.</param>
    /// <param name="payload">The payload; its list of messages grows.</param>
    /// <param name="answer">The answer that calls tools.</param>
    /// <param name="results">A result for each call, in order.</param>
    /// <param name="rawAnswer">
    /// The provider's own answer, where it came whole: the assistant's part is taken from it, for only it has signatures of reasoning, which Anthropic,
    /// Gemini and OpenAI want back.
    /// </param>
    public static void AppendTo(
        IChatRenderer renderer, JsonObject payload, ChatResponse answer, IReadOnlyList<FunctionResult> results, JsonObject? rawAnswer = null)
    {
        ArgumentNullException.ThrowIfNull(renderer);
        ArgumentNullException.ThrowIfNull(payload);
        var list = ListOf(payload, renderer.Dialect);
        var rendered = renderer.RenderMessages(Of(answer, results));
        var own = rawAnswer is null ? null : AssistantOf(rawAnswer, renderer.Dialect);
        if (own is not null)
        {
            foreach (var entry in own)
            {
                list.Add(entry);
            }
        }

        // Rendered together, so that each result finds its call, and then parted.
        foreach (var entry in rendered.Where(entry => own is null || !IsAssistant(entry, renderer.Dialect)).ToArray())
        {
            rendered.Remove(entry);
            list.Add(entry);
        }
    }

    private static JsonArray ListOf(JsonObject payload, ChatDialect dialect)
    {
        var name = dialect switch
        {
            ChatDialect.OpenAIResponses => "input",
            ChatDialect.Gemini => "contents",
            _ => "messages",
        };
        if (payload[name] is JsonArray list)
        {
            return list;
        }

        // The responses API takes a text for a list of one message.
        var made = payload[name] is JsonValue text ? new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text.DeepClone() }) : [];
        payload[name] = made;
        return made;
    }

    private static IReadOnlyList<JsonNode>? AssistantOf(JsonObject answer, ChatDialect dialect) => dialect switch
    {
        ChatDialect.Anthropic when answer["content"] is JsonArray content => [new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() }],
        ChatDialect.Gemini when answer["candidates"]?[0]?["content"] is JsonObject content => [content.DeepClone()],
        ChatDialect.OpenAIResponses when answer["output"] is JsonArray output => [.. output.OfType<JsonNode>().Select(static item => item.DeepClone())],
        ChatDialect.Ollama when answer["message"] is JsonObject message => [message.DeepClone()],
        ChatDialect.OpenAIChat or ChatDialect.Mistral when answer["choices"]?[0]?["message"] is JsonObject message =>
            [new JsonObject(message.Where(static field => AssistantFields.Contains(field.Key)).Select(static field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())))],
        _ => null,
    };

    private static bool IsAssistant(JsonNode? entry, ChatDialect dialect) => dialect switch
    {
        ChatDialect.OpenAIResponses => entry?["type"]?.GetValue<string>() != "function_call_output",
        ChatDialect.Gemini => entry?["role"]?.GetValue<string>() == "model",
        _ => entry?["role"]?.GetValue<string>() == "assistant",
    };
}
