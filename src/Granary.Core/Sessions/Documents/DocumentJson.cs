using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Granary.Core.Sessions.Documents;

/// <summary>How document bodies are written and read: JSON with a schema version <c>v</c> as the first property, names of one letter.</summary>
internal static class DocumentJson
{
    // Documents are never shown to a browser: text is stored as it is, not escaped for HTML.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _cachedWriter;

    public static byte[] Encode<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        var output = _buffer ??= new ArrayBufferWriter<byte>(4096);
        var writer = _cachedWriter ??= new Utf8JsonWriter(output, WriterOptions);
        output.ResetWrittenCount();
        writer.Reset(output);
        write(writer, value);
        writer.Flush();
        var body = output.WrittenSpan.ToArray();
        if (output.Capacity > 256 * 1024)
        {
            // One large append must not keep its buffer on the thread for ever.
            _buffer = null;
            _cachedWriter = null;
        }

        return body;
    }

    /// <summary>Reads a document that is a record of its own.</summary>
    /// <exception cref="InvalidDataException">The document is of a newer schema, or no document at all.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(body);
        Begin(ref reader, newest: 1);
        return JsonSerializer.Deserialize(body, type) ?? throw new InvalidDataException("The document is empty.");
    }

    /// <summary>Enters the object and checks its schema version.</summary>
    /// <exception cref="InvalidDataException">The document is of a newer schema, or no document at all.</exception>
    public static void Begin(ref Utf8JsonReader reader, int newest)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !NextProperty(ref reader, out var name) || name != 'v')
        {
            throw new InvalidDataException("The document does not begin with its schema version.");
        }

        var version = reader.GetInt32();
        if (version > newest)
        {
            throw new InvalidDataException($"The document has schema version {version}; this release reads up to {newest}. Use a newer release.");
        }
    }

    /// <summary>Moves to the next property's value; false at the end of the object.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader, out char name)
    {
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject)
        {
            name = default;
            return false;
        }

        // Longer names are from a later release: no letter stands for them.
        name = reader.ValueSpan.Length == 1 ? (char)reader.ValueSpan[0] : '?';
        reader.Read();
        return true;
    }
}
