using System.Text.Json;

namespace Granary.Llm.Streaming;

/// <summary>The arguments of a tool call as an object, whatever text a model wrote.</summary>
internal static class ToolArguments
{
    /// <summary>The object that the text is; <c>{"raw": text}</c> for one that is none.</summary>
    public static JsonElement Parse(string text)
    {
        if (TryParse(text, out var arguments))
        {
            return arguments;
        }

        return JsonSerializer.SerializeToElement(new Dictionary<string, string>(StringComparer.Ordinal) { ["raw"] = text }, ToolArgumentsContext.Default.DictionaryStringString);
    }

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
}
