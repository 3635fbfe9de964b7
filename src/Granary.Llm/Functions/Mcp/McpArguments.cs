using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.Mcp;

/// <summary>The arguments of an MCP tool by names that every provider takes.</summary>
internal sealed class McpArguments
{
    private readonly Dictionary<string, string> own;

    private McpArguments(JsonElement schema, Dictionary<string, string> own)
    {
        Schema = schema;
        this.own = own;
    }

    /// <summary>The schema, as a model sees it.</summary>
    public JsonElement Schema { get; }

    /// <summary>The arguments that a server's schema names.</summary>
    public static McpArguments Of(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object
            || !schema.TryGetProperty("properties", out var properties)
            || properties.ValueKind != JsonValueKind.Object
            || properties.EnumerateObject().All(static property => ArgumentNames.IsValid(property.Name)))
        {
            return new McpArguments(schema, []);
        }

        string[] theirs = [.. properties.EnumerateObject().Select(static property => property.Name).Distinct(StringComparer.Ordinal)];
        var names = new ArgumentNames(theirs);
        var fits = theirs.ToDictionary(static name => name, name => names.Fit(name, "argument"), StringComparer.Ordinal);
        var renamed = new JsonObject();
        foreach (var part in schema.EnumerateObject())
        {
            renamed[part.Name] = part.Name switch
            {
                "properties" => Renamed(properties, fits),
                "required" when part.Value.ValueKind == JsonValueKind.Array =>
                    new JsonArray([.. part.Value.EnumerateArray().Select(name => name.ValueKind == JsonValueKind.String && fits.TryGetValue(name.GetString()!, out var fit) ? JsonValue.Create(fit) : Node(name))]),
                _ => Node(part.Value),
            };
        }

        MoveReferences(renamed, fits.Where(static pair => pair.Key != pair.Value).ToDictionary(static pair => Pointer(pair.Key), static pair => Pointer(pair.Value)));
        return new McpArguments(JsonSerializer.SerializeToElement(renamed, FunctionJson.Options), fits.ToDictionary(static pair => pair.Value, static pair => pair.Key, StringComparer.Ordinal));
    }

    /// <summary>A model's arguments by the server's own names; of several of one name the last counts.</summary>
    public Dictionary<string, JsonElement> ToServer(JsonElement given)
    {
        var arguments = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var argument in given.EnumerateObject())
        {
            arguments[own.GetValueOrDefault(argument.Name, argument.Name)] = argument.Value;
        }

        return arguments;
    }

    private static JsonObject Renamed(JsonElement properties, Dictionary<string, string> fits)
    {
        var renamed = new JsonObject();
        foreach (var property in properties.EnumerateObject())
        {
            renamed[fits[property.Name]] = Node(property.Value);
        }

        return renamed;
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());

    private static string Pointer(string name) => "#/properties/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static void MoveReferences(JsonNode? node, Dictionary<string, string> moved)
    {
        switch (node)
        {
            case JsonObject part:
                if (part["$ref"] is JsonValue reference && reference.TryGetValue<string>(out var target))
                {
                    foreach (var (from, to) in moved)
                    {
                        if (target == from || target.StartsWith(from + "/", StringComparison.Ordinal))
                        {
                            part["$ref"] = to + target[from.Length..];
                            break;
                        }
                    }
                }

                foreach (var (_, child) in part)
                {
                    MoveReferences(child, moved);
                }

                break;
            case JsonArray list:
                foreach (var child in list)
                {
                    MoveReferences(child, moved);
                }

                break;
        }
    }
}
