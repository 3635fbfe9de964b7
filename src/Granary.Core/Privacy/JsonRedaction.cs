using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Core.Privacy;

/// <summary>
/// Redacts within JSON: strings, numbers (a card's number may come as one) and property names. The result has the same shape; a number that matches
/// becomes the redacted string.
/// </summary>
internal static class JsonRedaction
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Whether anything in the value had to be replaced.</summary>
    public static bool TryRedact(JsonElement json, ITextRedaction redaction, out JsonElement redacted)
    {
        redacted = default;
        if (!Matches(json, redaction))
            return false;

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            Write(writer, json, redaction);

        redacted = JsonElement.Parse(buffer.WrittenSpan);
        return true;
    }

    private static bool Matches(JsonElement json, ITextRedaction redaction)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    if (Matches(property.Name, redaction) || Matches(property.Value, redaction))
                        return true;
                }

                return false;

            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray())
                {
                    if (Matches(item, redaction))
                        return true;
                }

                return false;

            default:
                return TextOf(json) is { } text && Matches(text, redaction);
        }
    }

    private static bool Matches(string text, ITextRedaction redaction) => !ReferenceEquals(redaction.Redact(text), text);

    private static void Write(Utf8JsonWriter writer, JsonElement json, ITextRedaction redaction)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, json, redaction);
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray())
                    Write(writer, item, redaction);
                writer.WriteEndArray();
                break;

            default:
                if (TextOf(json) is { } text && redaction.Redact(text) is var replaced && !ReferenceEquals(replaced, text))
                    writer.WriteStringValue(replaced);
                else
                    json.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement json, ITextRedaction redaction)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject();
        foreach (var property in json.EnumerateObject())
        {
            // Two names may become the same; an object that repeats a name could not be read again, so the first one stays.
            var name = redaction.Redact(property.Name);
            if (!names.Add(name))
                continue;

            writer.WritePropertyName(name);
            Write(writer, property.Value, redaction);
        }

        writer.WriteEndObject();
    }

    private static string? TextOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => Encoding.UTF8.GetString(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(json)),
        _ => null,
    };
}
