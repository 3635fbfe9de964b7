using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Json;

/// <summary>
/// Reads fields of a body that somebody else wrote. Whatever is wrong with one is an <see cref="InvalidRequestException"/> that names it by its place,
/// for example <c>messages[3].tool_calls[0].function.name</c>; nothing else is thrown.
/// </summary>
internal static class JsonFields
{
    /// <summary>The field's value, or null if there is none or it is JSON's null.</summary>
    public static JsonNode? Get(this JsonObject parent, string name)
    {
        try
        {
            return parent.TryGetPropertyValue(name, out var node) ? node : null;
        }
        catch (ArgumentException)
        {
            // Objects are read when they are first asked: only now a repeated name shows.
            throw new InvalidRequestException(Path(parent), "must not repeat a property name");
        }
        catch (InvalidOperationException)
        {
            throw new InvalidRequestException(Path(parent), "has a property name with half of a surrogate pair");
        }
    }

    /// <summary>The first of the fields that has a value: some dialects take a name in camel case and in snake case.</summary>
    public static string First(this JsonObject parent, string name, string other) => parent.Get(name) is null && parent.Get(other) is not null ? other : name;

    /// <summary>A text, or null if there is none.</summary>
    public static string? Text(this JsonObject parent, string name) =>
        parent.Get(name) is { } node ? AsText(node) ?? throw parent.Refusal(name, "must be a string") : null;

    /// <summary>A text that must be there.</summary>
    public static string RequiredText(this JsonObject parent, string name) => parent.Text(name) ?? throw parent.Refusal(name, "is required");

    /// <summary>A text that must be there and not be empty.</summary>
    public static string RequiredName(this JsonObject parent, string name) =>
        parent.RequiredText(name) is { Length: > 0 } text ? text : throw parent.Refusal(name, "must not be empty");

    /// <summary>An object, or null if there is none.</summary>
    public static JsonObject? Object(this JsonObject parent, string name) =>
        parent.Get(name) is { } node ? node as JsonObject ?? throw parent.Refusal(name, "must be an object") : null;

    /// <summary>An object that must be there.</summary>
    public static JsonObject RequiredObject(this JsonObject parent, string name) => parent.Object(name) ?? throw parent.Refusal(name, "is required");

    /// <summary>A list, or null if there is none.</summary>
    public static JsonArray? List(this JsonObject parent, string name) =>
        parent.Get(name) is { } node ? node as JsonArray ?? throw parent.Refusal(name, "must be a list") : null;

    /// <summary>A list that must be there.</summary>
    public static JsonArray RequiredList(this JsonObject parent, string name) => parent.List(name) ?? throw parent.Refusal(name, "is required");

    /// <summary>The objects of a list that may hold nothing else; none if there is no list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonArray? list)
    {
        for (var index = 0; index < (list?.Count ?? 0); index++)
        {
            yield return list![index] as JsonObject ?? throw new InvalidRequestException($"{Path(list)}[{index}]", "must be an object");
        }
    }

    /// <summary>A text, or a list of texts; none if there is neither.</summary>
    public static IReadOnlyList<string> Texts(this JsonObject parent, string name)
    {
        var node = parent.Get(name);
        if (node is null)
            return [];
        if (AsText(node) is { } one)
            return [one];

        var list = node as JsonArray ?? throw parent.Refusal(name, "must be a string or a list of strings");
        var texts = new string[list.Count];
        for (var index = 0; index < texts.Length; index++)
        {
            texts[index] = list[index] is { } item && AsText(item) is { } text
                ? text
                : throw new InvalidRequestException($"{Path(list)}[{index}]", "must be a string");
        }

        return texts;
    }

    /// <summary>A number within bounds, or null if there is none.</summary>
    public static double? Number(this JsonObject parent, string name, double min, double max)
    {
        if (parent.Get(name) is not { } node)
            return null;
        if (AsNumber(node) is not { } number || !(number >= min && number <= max))
            throw parent.Refusal(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));

        return number;
    }

    /// <summary>A whole number of 1 or more, or null if there is none.</summary>
    public static int? Count(this JsonObject parent, string name)
    {
        if (parent.Get(name) is not { } node)
            return null;
        if (AsNumber(node) is not { } number || number < 1 || number > int.MaxValue || number != Math.Floor(number))
            throw parent.Refusal(name, "must be a whole number of 1 or more");

        return (int)number;
    }

    /// <summary>A count of tokens in an answer: 0 if there is none or it makes no sense.</summary>
    public static int Tokens(this JsonObject? parent, string name) =>
        parent?.Get(name) is { } node && AsNumber(node) is { } number && number is >= 0 and <= int.MaxValue ? (int)number : 0;

    /// <summary>True or false, or null if there is neither.</summary>
    public static bool? Flag(this JsonObject parent, string name) => parent.Get(name) is { } node
        ? node.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw parent.Refusal(name, "must be true or false"),
        }
        : null;

    /// <summary>The value as an element of its own.</summary>
    public static JsonElement Element(this JsonNode node)
    {
        try
        {
            return JsonNodes.ToElement(node);
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidRequestException(Path(node), "is not JSON that can be kept: too deep, a name twice, or half of a surrogate pair");
        }
    }

    /// <summary>The refusal of a field.</summary>
    public static InvalidRequestException Refusal(this JsonObject parent, string name, string rule)
    {
        var path = Path(parent);
        return new(path.Length == 0 ? name : $"{path}.{name}", rule);
    }

    /// <summary>The text, or null if it is another kind of value.</summary>
    public static string? AsText(JsonNode node)
    {
        if (node.GetValueKind() != JsonValueKind.String)
            return null;

        try
        {
            return node.AsValue().TryGetValue<string>(out var text) ? text : null;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidRequestException(Path(node), "holds half of a surrogate pair");
        }
    }

    /// <summary>The place of a value in its body, such as <c>messages[3].content</c>; empty for the body itself.</summary>
    public static string Path(JsonNode node)
    {
        var path = node.GetPath();
        return path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path[1..];
    }

    private static double? AsNumber(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
