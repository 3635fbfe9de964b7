using System.Text;
using System.Text.Json;

namespace Granary.Llm.Streaming;

/// <summary>Steps through JSON that providers send. Lenient about values of a kind that nobody expects (they count as absent), strict about the syntax.</summary>
internal static class JsonTokens
{
    /// <summary>Enters the object that the text is.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static void EnterRoot(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An event of the stream is no JSON object.");
        }
    }

    /// <summary>Checks that nothing follows the object that the text is.</summary>
    public static void LeaveRoot(ref Utf8JsonReader json) => json.Read();

    /// <summary>Steps to the next property of the object; false at its end.</summary>
    public static bool NextProperty(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Steps to the next object of the array; false at its end. Other entries are passed over.</summary>
    public static bool NextObject(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            json.Skip();
        }

        return false;
    }

    /// <summary>Enters the property's value if it is an object, else passes over it.</summary>
    public static bool EnterObject(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartObject);

    /// <summary>Enters the property's value if it is an array, else passes over it.</summary>
    public static bool EnterArray(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartArray);

    /// <summary>Passes over the property's value.</summary>
    public static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>The property's value if it is a string, else null.</summary>
    public static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            return JsonStrings.Get(ref json);
        }

        json.Skip();
        return null;
    }

    /// <summary>The property's value: a string as it is, an object or an array as its JSON text, else null.</summary>
    /// <param name="json">At the property's name.</param>
    /// <param name="data">What the reader reads.</param>
    public static string? TextOrJson(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            return JsonStrings.Get(ref json);
        }

        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return null;
        }

        var start = (int)json.TokenStartIndex;
        json.Skip();
        return Encoding.UTF8.GetString(data[start..(int)json.BytesConsumed]);
    }

    /// <summary>The property's value if it is a number of 0 or more (cut to what an int can be), else null.</summary>
    public static int? Number(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.Number)
        {
            json.Skip();
            return null;
        }

        return json.TryGetInt32(out var number) ? (number < 0 ? null : number)
            : json.TryGetDouble(out var large) && large >= 0 ? (int)Math.Min(large, int.MaxValue)
            : null;
    }

    /// <summary>Whether the property's value is <c>true</c>.</summary>
    public static bool True(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
        return json.TokenType == JsonTokenType.True;
    }

    /// <summary>The property <c>index</c> of the object that the reader has entered, 0 if it has none. Looks ahead in a copy: the reader stays where it is.</summary>
    public static int IndexAhead(Utf8JsonReader json)
    {
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("index"u8))
            {
                return Number(ref json) ?? 0;
            }

            SkipValue(ref json);
        }

        return 0;
    }

    /// <summary>The message of the property's value, which is an error: a text, or an object with a message; null if the value is null.</summary>
    public static string? Error(ref Utf8JsonReader json)
    {
        json.Read();
        switch (json.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.False:
                return null;
            case JsonTokenType.String:
                return JsonStrings.Get(ref json);
            case JsonTokenType.StartObject:
                break;
            default:
                json.Skip();
                return StreamAdapter.UnnamedError;
        }

        string? message = null;
        string? kind = null;
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("message"u8))
            {
                message = Text(ref json);
            }
            else if (json.ValueTextEquals("type"u8) || json.ValueTextEquals("code"u8) || json.ValueTextEquals("status"u8))
            {
                kind = Text(ref json) ?? kind;
            }
            else
            {
                SkipValue(ref json);
            }
        }

        return message is { Length: > 0 } ? message : kind is { Length: > 0 } ? kind : StreamAdapter.UnnamedError;
    }

    /// <summary>The function of a tool call whose object the reader has entered: its name, and its arguments as JSON text.</summary>
    /// <param name="json">In the object.</param>
    /// <param name="data">What the reader reads.</param>
    public static (string? Name, string? Arguments) Function(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        string? name = null;
        string? arguments = null;
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("name"u8))
            {
                name = Text(ref json);
            }
            else if (json.ValueTextEquals("arguments"u8))
            {
                arguments = TextOrJson(ref json, data);
            }
            else
            {
                SkipValue(ref json);
            }
        }

        return (name, arguments);
    }

    /// <summary>Two texts of the object that the data is, by their properties' names; null where there is none.</summary>
    /// <exception cref="JsonException">The data is no object.</exception>
    public static (string? First, string? Second) Texts(ReadOnlySpan<byte> data, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var json = new Utf8JsonReader(data);
        string? one = null;
        string? other = null;
        EnterRoot(ref json);
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals(first))
            {
                one = Text(ref json);
            }
            else if (json.ValueTextEquals(second))
            {
                other = Text(ref json);
            }
            else
            {
                SkipValue(ref json);
            }
        }

        return (one, other);
    }

    private static bool Enter(ref Utf8JsonReader json, JsonTokenType kind)
    {
        json.Read();
        if (json.TokenType == kind)
        {
            return true;
        }

        json.Skip();
        return false;
    }
}
