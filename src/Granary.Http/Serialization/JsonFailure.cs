using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Granary.Http.Serialization;

/// <summary>Names the field and the rule behind a <see cref="JsonException"/>, in the caller's words and without a type of ours.</summary>
internal static partial class JsonFailure
{
    public static JsonReaderOptions ReaderOptions => new() { MaxDepth = BodyLimits.MaxDepth };

    /// <summary>Describes what made <paramref name="json"/> fail to become a <paramref name="type"/>.</summary>
    public static InvalidRequestException Describe(JsonException error, ReadOnlySpan<byte> json, JsonTypeInfo type) =>
        FindSyntaxError(json) is { } syntax ? OfSyntax(syntax, json) : OfShape(error, type, "");

    /// <summary>Describes why bytes are no JSON.</summary>
    public static InvalidRequestException OfSyntax(JsonException error, ReadOnlySpan<byte> json) =>
        IsTooDeep(json)
            ? new InvalidRequestException("body", $"must not be nested deeper than {BodyLimits.MaxDepth}")
            : new InvalidRequestException("body", $"is not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1})");

    /// <summary>Describes why JSON is not of a type.</summary>
    public static InvalidRequestException OfShape(JsonException error, JsonTypeInfo type, string prefix)
    {
        var path = (error.Path ?? "$").TrimStart('$').TrimStart('.');
        if (MissingProperties().Match(error.Message) is { Success: true } missing)
        {
            return new InvalidRequestException(Join(prefix, Join(path, missing.Groups["name"].Value)), "is required");
        }

        if (UnmappedProperty().Match(error.Message) is { Success: true } unknown)
        {
            var name = unknown.Groups["name"].Value;
            var parent = path == name ? "" : path.EndsWith("." + name, StringComparison.Ordinal) ? path[..^(name.Length + 1)] : path;
            return new InvalidRequestException(Join(prefix, Join(parent, name)), "is not known here");
        }

        var field = Join(prefix, path) is { Length: > 0 } named ? named : "body";
        return error.Message.StartsWith("Duplicate propert", StringComparison.Ordinal)
            ? new InvalidRequestException(field, "is given twice")
            : new InvalidRequestException(field, RuleOf(Resolve(type, path)));
    }

    private static string Join(string left, string right) =>
        left.Length == 0 || right.Length == 0 || right.StartsWith('[') ? left + right : left + "." + right;

    private static JsonException? FindSyntaxError(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, ReaderOptions);
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException error)
        {
            return error;
        }
    }

    /// <summary>Whether a reader that minds no depth comes further than one that does.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= BodyLimits.MaxDepth)
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // A real syntax error, found before the depth was reached.
        }

        return false;
    }

    /// <summary>The type that the API has at a path such as <c>messages[2].role</c>, or null where the path leaves what it knows.</summary>
    private static JsonTypeInfo? Resolve(JsonTypeInfo type, string path)
    {
        var current = type;
        foreach (Match step in PathSteps().Matches(path))
        {
            var next = current.Kind switch
            {
                JsonTypeInfoKind.Object => current.Properties.FirstOrDefault(p => p.Name == step.Value)?.PropertyType,
                JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => current.ElementType,
                _ => null,
            };
            if (next is null || !current.Options.TryGetTypeInfo(next, out var info))
            {
                return null;
            }

            current = info;
        }

        return current;
    }

    private static string RuleOf(JsonTypeInfo? expected)
    {
        if (expected is null)
        {
            return "has the wrong type";
        }

        var type = Nullable.GetUnderlyingType(expected.Type) ?? expected.Type;
        return type switch
        {
            _ when type == typeof(string) => "must be a string",
            _ when type == typeof(bool) => "must be true or false",
            _ when type == typeof(int) || type == typeof(long) => "must be a whole number",
            _ when type == typeof(double) => "must be a number",
            _ when type == typeof(DateTimeOffset) => "must be a time in ISO 8601",
            { IsEnum: true } => "must be one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
            _ => expected.Kind switch
            {
                JsonTypeInfoKind.Enumerable => "must be an array",
                JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "must be an object",
                _ => "has the wrong type",
            },
        };
    }

    // The serializer has no code for this case, only words: "... was missing required properties including: 'role', 'content'."
    [GeneratedRegex("missing required properties including: '(?<name>[^']+)'")]
    private static partial Regex MissingProperties();

    // The same: "The JSON property 'colour' could not be mapped to any .NET member contained in type '...'."
    [GeneratedRegex("^The JSON property '(?<name>.*)' could not be mapped")]
    private static partial Regex UnmappedProperty();

    // Names, and indexes as one step each: messages, [2], role.
    [GeneratedRegex(@"\[[^\]]*\]|[^.\[\]]+")]
    private static partial Regex PathSteps();
}
