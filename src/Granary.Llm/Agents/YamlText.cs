using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Functions;

namespace Granary.Llm.Agents;

/// <summary>Writes JSON as YAML 1.2 in block style, for a model to read.</summary>
internal static class YamlText
{
    // Words that YAML readers take for something else than text.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

    /// <summary>The text, ending with a new line.</summary>
    public static string Of(JsonNode? node)
    {
        var output = new StringBuilder();
        Write(output, node, 0);
        return output.ToString();
    }

    private static void Write(StringBuilder output, JsonNode? node, int indent)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                foreach (var (key, value) in map)
                {
                    output.Append(' ', indent).Append(Text(key)).Append(':');
                    WriteValue(output, value, indent + 2);
                }

                break;
            case JsonArray { Count: > 0 } list:
                foreach (var item in list)
                {
                    output.Append(' ', indent).Append('-');
                    WriteValue(output, item, indent + 2);
                }

                break;
            default:
                output.Append(' ', indent).Append(Scalar(node)).Append('\n');
                break;
        }
    }

    private static void WriteValue(StringBuilder output, JsonNode? value, int indent)
    {
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            output.Append('\n');
            Write(output, value, indent);
        }
        else
        {
            output.Append(' ').Append(Scalar(value)).Append('\n');
        }
    }

    private static string Scalar(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text)
        ? Text(text)
        : node?.ToJsonString() ?? "null";

    // A JSON string is a double-quoted scalar of YAML.
    private static string Text(string text) => IsPlain(text) ? text : JsonSerializer.Serialize(text, FunctionJson.Options);

    private static bool IsPlain(string text) =>
        text.Length > 0
        && (char.IsAsciiLetter(text[0]) || text[0] is '_' or '$')
        && text[^1] != ' '
        && !Reserved.Contains(text)
        && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '$' or '-' or ' ' or '.' or '/');
}
