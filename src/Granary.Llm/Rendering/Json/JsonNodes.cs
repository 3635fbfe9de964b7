using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Json;

/// <summary>Between values that were read once and bodies that are being written.</summary>
internal static class JsonNodes
{
    /// <summary>Text as it is: models read JSON with fewer escapes better, and bodies are no web pages.</summary>
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonWriterOptions Unescaped { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as part of a body.</summary>
    public static JsonNode? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(element),
        JsonValueKind.Array => JsonArray.Create(element),
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        _ => JsonValue.Create(element),
    };

    /// <summary>A text as a value.</summary>
    public static JsonElement TextElement(string text) => ToElement(JsonValue.Create(text));

    /// <summary>A part of a body as a value of its own.</summary>
    /// <exception cref="JsonException">It is deeper than 64 levels.</exception>
    public static JsonElement ToElement(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Unescaped))
        {
            node.WriteTo(writer);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>Adds a field if there is something to say.</summary>
    public static JsonObject With(this JsonObject body, string name, JsonNode? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }

        return body;
    }

    /// <summary>Texts as a list, or null if there are none.</summary>
    public static JsonArray? ListOrNull(IReadOnlyList<string> texts) => texts.Count == 0 ? null : [.. texts.Select(text => (JsonNode)text)];
}
