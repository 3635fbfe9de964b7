using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Rendering.Repairs;

/// <summary>Arguments of a tool call between the forms of the dialects: JSON text in some, an object in others.</summary>
internal static class ToolArguments
{
    /// <summary>Reads the text that a model wrote: its object, or, if it is none, the text itself as a JSON string.</summary>
    public static JsonElement Read(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return JsonNodes.ToElement(new JsonObject());

        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Kept as it came: the tool's error tells the model what it wrote.
        }

        return JsonNodes.TextElement(text);
    }

    /// <summary>The arguments as JSON text; what was kept as it came goes back as it came.</summary>
    public static string Text(JsonElement arguments) => arguments.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "{}",
        JsonValueKind.String when string.IsNullOrWhiteSpace(arguments.GetString()) => "{}",
        JsonValueKind.String => arguments.GetString()!,
        _ => arguments.GetRawText(),
    };

    /// <summary>The arguments as an object: <c>{"raw": text}</c> for what is none.</summary>
    public static JsonObject Object(JsonElement arguments)
    {
        if (arguments.ValueKind == JsonValueKind.String)
        {
            arguments = Read(arguments.GetString()!);
        }

        return arguments.ValueKind switch
        {
            JsonValueKind.Object => JsonObject.Create(arguments)!,
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            _ => new() { ["raw"] = Text(arguments) },
        };
    }

    /// <summary>The arguments as JSON text of an object, for servers that read it.</summary>
    public static string ObjectText(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Object ? arguments.GetRawText() : Object(arguments).ToJsonString(JsonNodes.Plain);
}
