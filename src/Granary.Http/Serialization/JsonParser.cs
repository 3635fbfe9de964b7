using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Granary.Http.Serialization;

/// <summary>Parses JSON that came from outside, and says what is wrong with it in the caller's words.</summary>
internal static class JsonParser
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Parses a value.</summary>
    /// <param name="json">The bytes.</param>
    /// <param name="type">What it must be.</param>
    /// <exception cref="InvalidRequestException">It is no JSON or not of the type; the field and the rule are named.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        json = Checked(json);
        T? value;
        try
        {
            value = JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException error)
        {
            throw JsonFailure.Describe(error, json, type);
        }

        return value ?? throw new InvalidRequestException("body", "must be an object");
    }

    /// <summary>Parses a value out of a document that was parsed before.</summary>
    /// <param name="element">The value.</param>
    /// <param name="type">What it must be.</param>
    /// <param name="prefix">Where it is, to begin the names of fields with: <c>turns[3]</c>.</param>
    public static T Parse<T>(JsonElement element, JsonTypeInfo<T> type, string prefix)
        where T : class
    {
        try
        {
            return element.Deserialize(type) ?? throw new InvalidRequestException(prefix, "must be an object");
        }
        catch (JsonException error)
        {
            throw JsonFailure.OfShape(error, type, prefix);
        }
    }

    /// <summary>Parses any JSON into a document whose parts are then parsed on their own.</summary>
    public static JsonDocument ParseDocument(ReadOnlySpan<byte> json)
    {
        json = Checked(json);
        try
        {
            var reader = new Utf8JsonReader(json, JsonFailure.ReaderOptions);
            var document = JsonDocument.ParseValue(ref reader);
            try
            {
                // Anything after the value makes this throw.
                reader.Read();
                return document;
            }
            catch (JsonException)
            {
                document.Dispose();
                throw;
            }
        }
        catch (JsonException error)
        {
            throw JsonFailure.OfSyntax(error, json);
        }
    }

    /// <summary>The bytes without a byte order mark, once it is sure that all strings in them are text.</summary>
    public static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(ByteOrderMark))
        {
            json = json[ByteOrderMark.Length..];
        }

        if (json.IsEmpty)
        {
            throw new InvalidRequestException("body", "is required");
        }

        // The JSON reader checks only the strings that somebody asks for; what it skips or keeps raw must be text too.
        if (!Utf8.IsValid(json))
        {
            throw new InvalidRequestException("body", "must be valid UTF-8");
        }

        if (json.IndexOf("\\u"u8) >= 0)
        {
            RequireWholeCharacters(json);
        }

        return json;
    }

    /// <summary>Refuses escapes of half a character (lone surrogates): they are JSON, but no text, and nothing could write them again.</summary>
    private static void RequireWholeCharacters(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, JsonFailure.ReaderOptions);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    RequireWholeCharacters(ref reader);
                }
            }
        }
        catch (JsonException)
        {
            // No JSON: the parser that comes next says so, and where.
        }
    }

    private static void RequireWholeCharacters(ref Utf8JsonReader reader)
    {
        try
        {
            reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new InvalidRequestException("body", "must not escape half a character (a lone surrogate)");
        }
    }
}
