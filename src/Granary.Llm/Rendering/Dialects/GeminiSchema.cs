using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// JSON Schemas as Gemini's <c>Schema</c> (a subset of OpenAPI 3.0): references put in place, other keywords left out, so that any schema is taken, if with
/// fewer rules.
/// </summary>
internal sealed class GeminiSchema
{
    /// <summary>Levels to which a schema is followed; one that refers to itself ends here.</summary>
    private const int MaxDepth = 8;

    /// <summary>Schemas within one schema; one that refers to itself in many places ends here.</summary>
    private const int MaxParts = 2_000;

    /// <summary>Keywords that mean the same in both.</summary>
    private static readonly string[] Same =
    [
        "title", "description", "default", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties", "pattern",
        "nullable",
    ];

    private static readonly string[] Types = ["string", "number", "integer", "boolean", "array", "object"];

    private static readonly string[] Formats = ["date-time", "enum", "float", "double", "int32", "int64"];

    private readonly JsonElement root;
    private int parts;

    private GeminiSchema(JsonElement root) => this.root = root;

    /// <summary>A schema.</summary>
    public static JsonObject Of(JsonElement schema) => new GeminiSchema(schema).Convert(schema, 0);

    /// <summary>The schema of a tool's arguments; null if there are none: an object without properties is refused.</summary>
    public static JsonObject? OfArguments(JsonElement schema) => Of(schema) is { } converted && converted["properties"] is JsonObject { Count: > 0 } ? converted : null;

    private JsonObject Convert(JsonElement schema, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth || ++parts > MaxParts)
            return new() { ["type"] = "object" };
        if (schema.TryGetProperty("$ref", out var reference))
            return Referred(reference) is { } referred ? Convert(referred, depth + 1) : new() { ["type"] = "object" };

        var converted = new JsonObject();
        foreach (var name in Same)
        {
            if (schema.TryGetProperty(name, out var value))
            {
                converted.With(name, JsonNodes.Of(value));
            }
        }

        AddType(schema, converted);
        if (schema.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && Formats.Contains(format.GetString()))
        {
            converted["format"] = format.GetString();
        }

        AddChoices(schema, converted);
        AddProperties(schema, converted, depth);
        if (converted["type"]?.GetValue<string>() == "array")
        {
            converted["items"] = schema.TryGetProperty("items", out var items) ? Convert(items, depth + 1) : new JsonObject { ["type"] = "string" };
        }

        AddAlternatives(schema, converted, depth);
        if (converted["type"] is null && converted["anyOf"] is null)
        {
            converted["type"] = converted["properties"] is null ? "string" : "object";
        }

        return converted;
    }

    /// <summary>What a JSON Pointer within this schema (RFC 6901, in a fragment: percent-encoded) points at; null for other references and if nothing is there.</summary>
    private JsonElement? Referred(JsonElement reference)
    {
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not ['#', .. var pointer] || pointer is not ("" or ['/', ..]))
            return null;

        var found = root;
        foreach (var step in pointer.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/").Replace("~0", "~");
            if (found.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < found.GetArrayLength())
            {
                found = found[index];
            }
            else if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
            {
                return null;
            }
        }

        return found;
    }

    /// <summary>A type, or one type and null; several types are left out, or else the first would be all.</summary>
    private static void AddType(JsonElement schema, JsonObject converted)
    {
        if (!schema.TryGetProperty("type", out var type))
            return;

        string?[] names = type.ValueKind == JsonValueKind.Array
            ? [.. type.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString())]
            : type.ValueKind == JsonValueKind.String ? [type.GetString()] : [];
        names = [.. names.Select(name => name?.ToLowerInvariant())];
        if (names.Length > 1 && names.Contains("null"))
        {
            converted["nullable"] = true;
        }

        names = [.. names.Where(name => Types.Contains(name))];
        if (names.Length == 1)
        {
            converted["type"] = names[0];
        }
        else if (names.Length > 1)
        {
            converted["anyOf"] = new JsonArray([.. names.Select(name => new JsonObject { ["type"] = name }.With("items", name == "array" ? new JsonObject { ["type"] = "string" } : null))]);
        }
    }

    /// <summary>Only texts can be listed.</summary>
    private static void AddChoices(JsonElement schema, JsonObject converted)
    {
        List<JsonElement> values = schema.TryGetProperty("enum", out var choices) && choices.ValueKind == JsonValueKind.Array
            ? [.. choices.EnumerateArray()]
            : schema.TryGetProperty("const", out var only) ? [only] : [];
        if (values.Count > 0 && values.All(value => value.ValueKind == JsonValueKind.String))
        {
            converted["type"] = "string";
            converted["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value.GetString()!)]);
        }
    }

    private void AddProperties(JsonElement schema, JsonObject converted, int depth)
    {
        if (!schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return;

        var all = new JsonObject();
        foreach (var property in properties.EnumerateObject())
        {
            all[property.Name] = Convert(property.Value, depth + 1);
        }

        if (all.Count == 0)
            return;

        converted["properties"] = all;
        if (schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array)
        {
            var names = required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String && all.ContainsKey(name.GetString()!)).ToList();
            converted.With("required", names.Count == 0 ? null : new JsonArray([.. names.Select(name => (JsonNode)name.GetString()!)]));
        }
    }

    private void AddAlternatives(JsonElement schema, JsonObject converted, int depth)
    {
        foreach (var name in (string[])["anyOf", "oneOf"])
        {
            if (schema.TryGetProperty(name, out var alternatives) && alternatives.ValueKind == JsonValueKind.Array)
            {
                var isNull = alternatives.EnumerateArray().ToLookup(IsNull);
                if (isNull[true].Any())
                {
                    converted["nullable"] = true;
                }

                var others = isNull[false].Select(one => Convert(one, depth + 1)).ToList();
                if (others.Count == 1)
                {
                    Merge(converted, others[0]);
                }
                else if (others.Count > 1)
                {
                    converted["anyOf"] = new JsonArray([.. others]);
                }
            }
        }

        if (schema.TryGetProperty("allOf", out var all) && all.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in all.EnumerateArray())
            {
                Merge(converted, Convert(part, depth + 1));
            }
        }
    }

    private static bool IsNull(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("null");

    /// <summary>Adds what the one says to what the other says already; properties and required ones of both count.</summary>
    private static void Merge(JsonObject target, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            switch (target[name], value)
            {
                case (null, _):
                    target[name] = value?.DeepClone();
                    break;

                case (JsonObject both, JsonObject more) when name == "properties":
                    Merge(both, more);
                    break;

                case (JsonArray both, JsonArray more) when name == "required":
                    foreach (var one in more.Where(one => !both.Any(known => JsonNode.DeepEquals(known, one))))
                    {
                        both.Add(one!.DeepClone());
                    }

                    break;
            }
        }
    }
}
