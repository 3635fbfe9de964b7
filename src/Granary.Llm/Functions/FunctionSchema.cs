using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Granary.Llm.Functions;

/// <summary>JSON Schema of .NET types, with their <see cref="DescriptionAttribute"/>s.</summary>
internal static class FunctionSchema
{
    private static readonly JsonSchemaExporterOptions ExporterOptions = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = static (context, schema) =>
        {
            var description = Describe(context.PropertyInfo?.AttributeProvider) ?? Describe(context.TypeInfo.Type);
            if (description is null)
            {
                return schema;
            }

            // A part of any kind has the schema `true`, which has no place for words.
            var described = schema as JsonObject ?? [];
            described.Insert(0, "description", description);
            return described;
        },
    };

    /// <summary>The schema of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="root">Where the schema will stand, as a JSON pointer (<c>#/properties/name</c>), so that recursive types point there.</param>
    public static JsonObject Of(Type type, string root = "#")
    {
        var schema = FunctionJson.Options.GetJsonSchemaAsNode(type, ExporterOptions) as JsonObject ?? [];
        if (root != "#")
        {
            MoveReferences(schema, root);
        }

        return schema;
    }

    /// <summary>The words of a <see cref="DescriptionAttribute"/>, or null.</summary>
    public static string? Describe(ICustomAttributeProvider? member)
    {
        // A record's words may stand on the parameter of its constructor instead of the property.
        var found = member?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: true) is [DescriptionAttribute attribute, ..] ? attribute.Description : null;
        if (found is null && member is PropertyInfo { DeclaringType: { } owner } property)
        {
            found = owner.GetConstructors()
                .SelectMany(static constructor => constructor.GetParameters())
                .Where(parameter => parameter.Name == property.Name && parameter.ParameterType == property.PropertyType)
                .Select(static parameter => parameter.GetCustomAttribute<DescriptionAttribute>()?.Description)
                .FirstOrDefault(static words => words is not null);
        }

        return string.IsNullOrWhiteSpace(found) ? null : found;
    }

    /// <summary>The schema of an object with these properties.</summary>
    public static JsonElement Object(JsonObject properties, IEnumerable<string> required)
    {
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        var names = new JsonArray([.. required.Select(static name => JsonValue.Create(name))]);
        if (names.Count > 0)
        {
            schema["required"] = names;
        }

        return JsonSerializer.SerializeToElement(schema);
    }

    private static void MoveReferences(JsonNode? node, string root)
    {
        switch (node)
        {
            case JsonObject part:
                if (part["$ref"] is JsonValue reference && reference.TryGetValue<string>(out var target) && target.StartsWith('#'))
                {
                    part["$ref"] = root + target[1..];
                }

                foreach (var (_, child) in part)
                {
                    MoveReferences(child, root);
                }

                break;
            case JsonArray list:
                foreach (var child in list)
                {
                    MoveReferences(child, root);
                }

                break;
        }
    }
}
