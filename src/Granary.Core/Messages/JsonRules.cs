using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Granary.Core.Messages;

/// <summary>
/// What holds for JSON that callers send as a value of their own. A parser accepts more than a strict reader gives back: what breaks these rules
/// could be stored, but not read again.
/// </summary>
internal static class JsonRules
{
    /// <summary>Levels that a value may be nested: half of the 64 that readers take, so that it fits wherever a message is embedded.</summary>
    public const int MaxDepth = 32;

    /// <summary>Names of one object up to which each is compared with each, without a set.</summary>
    private const int FewNames = 16;

    /// <summary>The rule that the value breaks, or null.</summary>
    public static string? WhyRefused(JsonElement json)
    {
        var raw = JsonMarshal.GetRawUtf8Value(json);
        if (!Utf8.IsValid(raw))
            return "is not valid UTF-8";

        // Only a value with this many opening brackets can be this deep, and only one with two colons can repeat a name.
        return raw.Count((byte)'{') + raw.Count((byte)'[') <= MaxDepth && raw.IndexOf((byte)'\\') < 0 && raw.Count((byte)':') < 2
            ? null
            : WhyRefused(json, 1);
    }

    private static string? WhyRefused(JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return depth > MaxDepth ? TooDeep : WhyObjectRefused(json, depth);

            case JsonValueKind.Array:
                if (depth > MaxDepth)
                    return TooDeep;
                foreach (var item in json.EnumerateArray())
                {
                    if (WhyRefused(item, depth + 1) is { } rule)
                        return rule;
                }

                return null;

            case JsonValueKind.String:
                return IsReadable(JsonMarshal.GetRawUtf8Value(json)) ? null : LoneSurrogate;

            default:
                return null;
        }
    }

    private static string? WhyObjectRefused(JsonElement json, int depth)
    {
        var names = json.GetPropertyCount() > FewNames ? new HashSet<string>(StringComparer.Ordinal) : null;
        var index = 0;
        foreach (var property in json.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            if (!IsReadable(name))
                return LoneSurrogate;

            if (names is null ? IsRepeated(json, property, name, index++) : !names.Add(property.Name))
                return "must not repeat a property name";
            if (WhyRefused(property.Value, depth + 1) is { } rule)
                return rule;
        }

        return null;
    }

    private static bool IsRepeated(JsonElement json, JsonProperty property, ReadOnlySpan<byte> name, int index)
    {
        if (index == 0)
            return false;

        // Names with escapes are compared by what they mean.
        var escaped = name.Contains((byte)'\\') ? property.Name : null;
        foreach (var earlier in json.EnumerateObject())
        {
            if (index-- == 0)
                return false;
            if (escaped is null ? earlier.NameEquals(name) : earlier.NameEquals(escaped))
                return true;
        }

        return false;
    }

    /// <summary>Whether the escapes of a JSON string (RFC 8259, section 7) give valid UTF-16.</summary>
    private static bool IsReadable(ReadOnlySpan<byte> raw)
    {
        var expectLow = false;
        for (var at = raw.IndexOf((byte)'\\'); at >= 0; at = raw.IndexOf((byte)'\\'))
        {
            if (expectLow && at > 0)
                return false;

            var isUnicode = raw[at + 1] == (byte)'u';
            var unit = isUnicode ? (char)ushort.Parse(raw.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : '\0';
            if (expectLow != char.IsLowSurrogate(unit))
                return false;

            expectLow = char.IsHighSurrogate(unit);
            raw = raw[(at + (isUnicode ? 6 : 2))..];
        }

        return !expectLow;
    }

    private const string TooDeep = "must not be nested deeper than 32 levels";
    private const string LoneSurrogate = "holds half of a surrogate pair";
}
