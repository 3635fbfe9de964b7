using System.Text;
using System.Text.Json;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Puts a tool's result in short: whether it failed and what it said, at most 2,000 characters.</summary>
internal static class ToolDigest
{
    /// <summary>The longest digest in characters, without <see cref="Truncated"/>.</summary>
    public const int MaxLength = 2_000;

    /// <summary>What stands at the end of a digest that was cut.</summary>
    public const string Truncated = " \u2026[truncated]";

    private const int MaxArgumentsLength = 120;

    // Larger results are not parsed: their beginning is as good.
    private const int MaxParsedLength = 65_536;

    /// <summary>The digest of a result.</summary>
    /// <param name="result">The tool message.</param>
    /// <param name="call">The call it answers, or null if it is not known.</param>
    public static string Of(Message result, ToolCall? call)
    {
        var text = new StringBuilder();
        if (call is not null && Flat(call.Arguments, MaxArgumentsLength) is { Length: > 0 } arguments)
        {
            text.Append('(').Append(arguments).Append(") ");
        }

        text.Append(result.ToolError is null ? "ok" : "error");
        var body = result.ToolError is { Length: > 0 } error ? Clip(error, MaxLength) : Body(result.Content);
        return body.Length == 0 ? text.ToString() : text.Append(": ").Append(body).ToString();
    }

    private static string Body(string content)
    {
        var trimmed = content.AsSpan().Trim();
        if (trimmed.Length is > 1 and <= MaxParsedLength && (trimmed[0], trimmed[^1]) is ('{', '}') or ('[', ']'))
        {
            try
            {
                using var json = JsonDocument.Parse(content);
                return Flat(json.RootElement, MaxLength);
            }
            catch (JsonException)
            {
                // It only looked like JSON.
            }
        }

        return Clip(content, MaxLength);
    }

    /// <summary>JSON as a list: <c>city: Paris, wind.speed: 12</c>.</summary>
    private static string Flat(JsonElement json, int maxLength)
    {
        var text = new StringBuilder();
        Append(text, json, "", maxLength);
        return text.Length > maxLength ? Clip(text.ToString(), maxLength) : text.ToString();
    }

    private static void Append(StringBuilder text, JsonElement json, string path, int maxLength)
    {
        if (text.Length > maxLength)
        {
            return;
        }

        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    Append(text, property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", maxLength);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray())
                {
                    Append(text, item, path, maxLength);
                    if (text.Length > maxLength)
                    {
                        return;
                    }
                }

                break;
            case JsonValueKind.Undefined or JsonValueKind.Null:
                break;
            default:
                text.Append(text.Length == 0 ? "" : ", ").Append(path).Append(path.Length == 0 ? "" : ": ");
                text.Append(Clip(json.ToString(), maxLength));
                break;
        }
    }

    /// <summary>A text on one line, cut where it is too long.</summary>
    private static string Clip(string text, int maxLength)
    {
        var result = new StringBuilder(Math.Min(text.Length, maxLength + Truncated.Length));
        var space = false;
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                space = result.Length > 0;
                continue;
            }

            if (result.Length + (space ? 2 : 1) > maxLength)
            {
                if (char.IsHighSurrogate(result[^1]))
                {
                    result.Length--;
                }

                return result.Append(Truncated).ToString();
            }

            result.Append(space ? " " : "").Append(c);
            space = false;
        }

        return result.ToString();
    }
}
