using System.Globalization;
using System.Text.Json;

namespace Granary.Core.Recall.Filtering;

/// <summary>How values of metadata are found and compared.</summary>
internal static class MetadataValues
{
    /// <summary>Finds a value by its name: as it stands, or else with dots that lead into objects.</summary>
    public static bool TryFind(JsonElement metadata, string name, out JsonElement value)
    {
        value = default;
        if (metadata.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        if (metadata.TryGetProperty(name, out value))
        {
            return true;
        }

        // The longest first name wins: {"a.b":{"c":1}} has a.b.c.
        for (var dot = name.LastIndexOf('.'); dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            if (metadata.TryGetProperty(name.AsSpan(0, dot), out var inner) && TryFind(inner, name[(dot + 1)..], out value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether two values are the same JSON: numbers by their value, objects whatever the order of their members.</summary>
    public static bool AreEqual(JsonElement a, JsonElement b)
    {
        if (a.ValueKind != b.ValueKind)
        {
            return false;
        }

        switch (a.ValueKind)
        {
            case JsonValueKind.Number:
                return JsonNumbers.Compare(a, b) == 0;
            case JsonValueKind.String:
                return a.ValueEquals(b.GetString());
            case JsonValueKind.Array:
                return a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray()).All(pair => AreEqual(pair.First, pair.Second));
            case JsonValueKind.Object:
                // No name comes twice in either.
                return a.GetPropertyCount() == b.GetPropertyCount()
                    && a.EnumerateObject().All(member => b.TryGetProperty(member.Name, out var other) && AreEqual(member.Value, other));
            default:
                return true;
        }
    }

    /// <summary>Compares two numbers, two times (ISO 8601) or two texts (ordinal); null for values that cannot be compared.</summary>
    public static int? Compare(JsonElement a, JsonElement b)
    {
        if (a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number)
        {
            return JsonNumbers.Compare(a, b);
        }

        if (a.ValueKind != JsonValueKind.String || b.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return TryReadTime(a, out var timeA) && TryReadTime(b, out var timeB)
            ? timeA.CompareTo(timeB)
            : Math.Sign(string.CompareOrdinal(a.GetString(), b.GetString()));
    }

    /// <summary>Whether a text holds a text, or a list an item that is equal.</summary>
    public static bool Contains(JsonElement value, JsonElement part, bool ignoreCase)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (value.ValueKind == JsonValueKind.String && part.ValueKind == JsonValueKind.String)
        {
            return value.GetString()!.Contains(part.GetString()!, comparison);
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var item in value.EnumerateArray())
        {
            if (ignoreCase && item.ValueKind == JsonValueKind.String ? string.Equals(item.GetString(), part.GetString(), comparison) : AreEqual(item, part))
            {
                return true;
            }
        }

        return false;
    }

    // A time without an offset is UTC, as everywhere in Granary.
    private static bool TryReadTime(JsonElement text, out DateTimeOffset time)
    {
        time = default;
        return text.GetString() is { Length: >= 10 } value && char.IsAsciiDigit(value[0]) && value[4] == '-'
            && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
