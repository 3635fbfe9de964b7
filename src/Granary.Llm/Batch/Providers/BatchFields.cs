using System.Text.Json.Nodes;

namespace Granary.Llm.Batch.Providers;

/// <summary>Reads fields of providers' answers, which may lack or misuse any of them.</summary>
internal static class BatchFields
{
    public static string? Text(this JsonNode? node, string name) =>
        node is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static int? Number(this JsonNode? node, string name) =>
        node is JsonObject json && json[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;

    public static JsonObject? Object(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonObject;

    /// <summary>The objects of a list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonNode? node, string name) => ((node as JsonObject)?[name] as JsonArray ?? []).OfType<JsonObject>();
}
