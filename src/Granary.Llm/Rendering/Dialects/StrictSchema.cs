using System.Text.Json;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Whether a JSON Schema is one that OpenAI enforces to the letter ("structured outputs"): every object closed and all of its properties required. With any
/// other, <c>strict</c> is refused, so the schema goes without it.
/// </summary>
internal static class StrictSchema
{
    private const int MaxDepth = 16;

    /// <summary>Whether it is.</summary>
    public static bool Is(JsonElement schema) => Is(schema, 0);

    private static bool Is(JsonElement schema, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth)
            return false;

        if (schema.TryGetProperty("oneOf", out _) || schema.TryGetProperty("allOf", out _) || schema.TryGetProperty("not", out _)
            || schema.TryGetProperty("patternProperties", out _))
            return false;

        if (schema.TryGetProperty("properties", out var properties) || IsObject(schema))
        {
            if (properties.ValueKind != JsonValueKind.Object
                || !schema.TryGetProperty("additionalProperties", out var more) || more.ValueKind != JsonValueKind.False
                || !schema.TryGetProperty("required", out var required) || required.ValueKind != JsonValueKind.Array)
                return false;

            var names = required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()).ToHashSet();
            if (properties.EnumerateObject().Any(property => !names.Contains(property.Name) || !Is(property.Value, depth + 1)))
                return false;
        }

        return (!schema.TryGetProperty("items", out var items) || Is(items, depth + 1))
            && (!schema.TryGetProperty("anyOf", out var any) || (any.ValueKind == JsonValueKind.Array && any.EnumerateArray().All(one => Is(one, depth + 1))))
            && (!schema.TryGetProperty("$defs", out var definitions)
                || (definitions.ValueKind == JsonValueKind.Object && definitions.EnumerateObject().All(one => Is(one.Value, depth + 1))));
    }

    private static bool IsObject(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("object");
}
