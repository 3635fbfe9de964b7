using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Streaming;

/// <summary>
/// The arguments of a tool call between the forms that they have: text, as models write them and some dialects send them, and an object. Text that is no
/// object has one form everywhere, however it came: <c>{"raw": text}</c>.
/// </summary>
internal static class ToolArguments
{
    /// <summary>The object that the text is; <c>{"raw": text}</c> for one that is none.</summary>
    public static JsonElement Parse(string text) => TryParse(text, out var arguments) ? arguments : JsonNodes.ToElement(Raw(text));

    /// <summary>Whether the text is an object, and which; nothing at all is an empty one.</summary>
    public static bool TryParse(string text, out JsonElement arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
            arguments = document.RootElement.Clone();
            return arguments.ValueKind == JsonValueKind.Object;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            arguments = default;
            return false;
        }
    }

    /// <summary>The arguments as text; a free text goes as it came.</summary>
    public static string Text(JsonElement arguments) => arguments.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "{}",
        JsonValueKind.String when string.IsNullOrWhiteSpace(arguments.GetString()) => "{}",
        JsonValueKind.String => arguments.GetString()!,
        _ => arguments.GetRawText(),
    };

    /// <summary>The arguments as an object.</summary>
    public static JsonObject Object(JsonElement arguments)
    {
        if (arguments.ValueKind == JsonValueKind.String)
        {
            arguments = Parse(arguments.GetString()!);
        }

        return arguments.ValueKind switch
        {
            JsonValueKind.Object => JsonObject.Create(arguments)!,
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            _ => Raw(Text(arguments)),
        };
    }

    /// <summary>The arguments as text of an object, for servers that read it.</summary>
    public static string ObjectText(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Object ? arguments.GetRawText() : Object(arguments).ToJsonString(JsonNodes.Plain);

    private static JsonObject Raw(string text) => new() { ["raw"] = text };
}
