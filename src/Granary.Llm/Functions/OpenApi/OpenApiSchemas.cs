using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Takes schemas out of an OpenAPI document so that they stand alone, as JSON Schema.</summary>
internal sealed class OpenApiSchemas(JsonObject document)
{
    // Deeper schemas than this are no help to a model, and a document could make them exponentially large.
    private const int MaxDepth = 12;
    private const int MaxNodes = 5_000;

    private static readonly HashSet<string> Dropped = ["xml", "example", "examples", "externalDocs", "discriminator", "nullable", "readOnly", "writeOnly", "deprecated"];

    private int nodes;

    /// <summary>A part of the document, reached through any references.</summary>
    public JsonNode? Resolve(JsonNode? node)
    {
        for (var hops = 0; hops < MaxDepth && node is JsonObject part && Reference(part) is { } reference; hops++)
        {
            node = Find(reference);
        }

        return node;
    }

    /// <summary>The schema with all it refers to put in place; where it refers to itself, anything is allowed.</summary>
    public JsonObject Inline(JsonNode? schema)
    {
        nodes = 0;
        return Copy(schema, [], 0) as JsonObject ?? [];
    }

    private static string? Reference(JsonObject part) => part["$ref"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var set) && set;

    private JsonNode? Copy(JsonNode? node, HashSet<string> open, int depth)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
        {
            return new JsonObject();
        }

        switch (node)
        {
            case JsonObject part when Reference(part) is { } reference:
                if (!open.Add(reference))
                {
                    return new JsonObject();
                }

                var target = Copy(Find(reference), open, depth + 1);
                open.Remove(reference);
                return target;
            case JsonObject part:
                return CopyObject(part, open, depth);
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Copy(item, open, depth + 1))]);
            default:
                return node?.DeepClone();
        }
    }

    private JsonObject CopyObject(JsonObject part, HashSet<string> open, int depth)
    {
        var copy = new JsonObject();
        var readOnly = part["properties"] is JsonObject all
            ? all.Where(entry => Resolve(entry.Value) is JsonObject property && IsTrue(property["readOnly"])).Select(static entry => entry.Key).ToHashSet()
            : [];
        foreach (var (key, value) in part)
        {
            switch (key)
            {
                case "properties" when value is JsonObject properties:
                    // Names here are the caller's own: none of them is a keyword. What the server alone sets is not asked for.
                    var kept = new JsonObject();
                    foreach (var (name, property) in properties.Where(entry => !readOnly.Contains(entry.Key)))
                    {
                        kept[name] = Copy(property, open, depth + 1);
                    }

                    copy[key] = kept;
                    break;
                case "required" when value is JsonArray required:
                    copy[key] = new JsonArray([.. required.Where(name => name is not JsonValue text || !text.TryGetValue<string>(out var words) || !readOnly.Contains(words)).Select(static name => name?.DeepClone())]);
                    break;
                case "enum" or "const" or "default":
                    copy[key] = value?.DeepClone();
                    break;
                case var _ when Dropped.Contains(key) || key.StartsWith("x-", StringComparison.Ordinal):
                    break;
                default:
                    copy[key] = Copy(value, open, depth + 1);
                    break;
            }
        }

        // OpenAPI 3.0's way to allow null.
        if (IsTrue(part["nullable"]) && copy["type"] is JsonValue type && type.TryGetValue<string>(out var single))
        {
            copy["type"] = new JsonArray(single, "null");
        }

        return copy;
    }

    private JsonNode? Find(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new ArgumentException($"The OpenAPI document refers to '{reference}', which is outside of it.", nameof(reference));
        }

        JsonNode? node = document;
        foreach (var step in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node is JsonObject part ? part[name] : node is JsonArray list && int.TryParse(name, out var index) && index < list.Count ? list[index] : null;
        }

        return node ?? throw new ArgumentException($"The OpenAPI document refers to '{reference}', which it does not have.", nameof(reference));
    }
}
