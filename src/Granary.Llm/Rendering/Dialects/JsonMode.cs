using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>What a model is told where a dialect has no form for "answer in JSON", or where its form is not enough.</summary>
internal static class JsonMode
{
    /// <summary>The words that OpenAI wants to find somewhere in the messages before it takes <c>json_object</c>.</summary>
    public const string Short = "Respond with a single JSON object.";

    /// <summary>The instruction for a format.</summary>
    public static string Instruction(ResponseFormat format) => format.Schema is { } schema
        ? $"Respond with a single JSON object that matches this JSON Schema, and nothing else: no text around it, no code fence.\n{JsonNodes.Of(schema)?.ToJsonString(JsonNodes.Plain)}"
        : "Respond with a single JSON object and nothing else: no text around it, no code fence.";

    /// <summary>A system text with the instruction after it.</summary>
    public static string AppendTo(string? system, string instruction) => string.IsNullOrWhiteSpace(system) ? instruction : $"{system}\n\n{instruction}";

    /// <summary>Whether the messages say that JSON is wanted.</summary>
    public static bool IsMentioned(IEnumerable<ModelMessage> messages) =>
        messages.Any(message => message.Content.Contains("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>OpenAI's form of a schema.</summary>
    public static JsonObject Schema(ResponseFormat format) => new()
    {
        ["name"] = Repairs.ToolNames.Like(format.Name),
        ["schema"] = JsonNodes.Of(format.Schema!.Value),
        ["strict"] = StrictSchema.Is(format.Schema.Value),
    };
}
