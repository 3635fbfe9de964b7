using System.Text.Json.Nodes;

namespace Granary.Llm.Agents;

/// <summary>Providers' own answers as parts of the conversation that is sent back to them.</summary>
internal static class RawAnswers
{
    // What an assistant's message of OpenAI's chat may say when it is sent back; servers refuse or charge for other things that they answer.
    private static readonly string[] AssistantFields = ["role", "content", "refusal", "tool_calls"];

    /// <summary>The assistant's part of an answer; null where it has none.</summary>
    public static IReadOnlyList<JsonNode>? Assistant(JsonObject answer, ChatDialect dialect) => dialect switch
    {
        ChatDialect.Anthropic when answer["content"] is JsonArray content => [new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() }],
        ChatDialect.Gemini when answer["candidates"]?[0]?["content"] is JsonObject content => [content.DeepClone()],
        ChatDialect.OpenAIResponses when answer["output"] is JsonArray output => Items(output),
        ChatDialect.Ollama when answer["message"] is JsonObject message => [message.DeepClone()],
        ChatDialect.OpenAIChat or ChatDialect.Mistral when answer["choices"]?[0]?["message"] is JsonObject message =>
            [new JsonObject(message.Where(static field => AssistantFields.Contains(field.Key)).Select(static field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())))],
        _ => null,
    };

    /// <summary>The calls in an assistant's part, in order.</summary>
    /// <param name="assistant">The part, whoever wrote it.</param>
    /// <param name="dialect">Its dialect.</param>
    public static IReadOnlyList<JsonObject> Calls(IEnumerable<JsonNode?> assistant, ChatDialect dialect) =>
    [
        .. assistant.OfType<JsonObject>().SelectMany(entry => dialect switch
        {
            ChatDialect.OpenAIResponses => IsOf(entry, "function_call") ? [entry] : [],
            ChatDialect.Anthropic => Objects(entry["content"]).Where(static block => IsOf(block, "tool_use")),
            ChatDialect.Gemini => Objects(entry["parts"]).Where(static part => part.ContainsKey("functionCall")),
            _ => Objects(entry["tool_calls"]),
        }),
    ];

    /// <summary>The field of a call that its result names; null in dialects where results are found by name or order.</summary>
    public static string? IdField(ChatDialect dialect) => dialect switch
    {
        ChatDialect.OpenAIResponses => "call_id",
        ChatDialect.Gemini or ChatDialect.Ollama => null,
        _ => "id",
    };

    /// <summary>
    /// Output items as input. OpenAI keeps nothing of a request that is not stored, so reasoning can only be sent back encrypted; without it, other items
    /// must not be sent by the ids that tie them to it.
    /// </summary>
    private static List<JsonNode> Items(JsonArray output)
    {
        var items = output.OfType<JsonObject>().Where(static item => !IsLost(item)).Select(static item => item.DeepClone()).ToList();
        if (output.OfType<JsonObject>().Any(IsLost))
        {
            foreach (var item in items.OfType<JsonObject>().Where(static item => !IsOf(item, "reasoning")))
            {
                item.Remove("id");
            }
        }

        return items;
    }

    private static bool IsLost(JsonObject item) => IsOf(item, "reasoning") && item["encrypted_content"] is null;

    private static bool IsOf(JsonObject item, string type) => item["type"] is JsonValue value && value.TryGetValue<string>(out var text) && text == type;

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();
}
