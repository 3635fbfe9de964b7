using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Http.Serialization;

namespace Granary.Http.Proxy;

/// <summary>Bodies as trees, of which only a few places are touched.</summary>
internal static class ProxyJson
{
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = BodyLimits.MaxDepth, AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <exception cref="InvalidRequestException">It is no JSON object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> json)
    {
        json = JsonParser.Checked(json);
        try
        {
            // The document is left to the collector: what is read out of it may be kept longer than the tree.
            var document = JsonDocument.Parse(json.ToArray(), DocumentOptions);
            return JsonObject.Create(document.RootElement) ?? throw new InvalidRequestException("body", "must be an object");
        }
        catch (JsonException error) when (error.Message.StartsWith("Duplicate propert", StringComparison.Ordinal))
        {
            throw new InvalidRequestException("body", "must not have a name twice");
        }
        catch (JsonException error)
        {
            throw JsonFailure.OfSyntax(error, json);
        }
        catch (InvalidOperationException)
        {
            throw new InvalidRequestException("body", "must be an object");
        }
    }

    public static byte[] ToBytes(JsonNode json)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
