using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Granary.Serialization;

namespace Granary.Hosting.Settings;

/// <summary>
/// Reads memory resources from <c>Granary:Resources</c>. The names are the API's, with or without underscores, in any case; lists replace
/// defaults. An entry whose key is no number has that key as its name: <c>Granary:Resources:support:Compaction:TurnBuffer</c>.
/// </summary>
/// <remarks>
/// The framework's binder would add the items of a list to its default and ignore what it does not know, so the section is turned into the
/// JSON that the API takes.
/// </remarks>
internal static class ResourceSettings
{
    public const string Path = "Granary:Resources";

    /// <summary>Reads the resources.</summary>
    /// <exception cref="SettingException">A name is not known or a value is of the wrong type.</exception>
    public static IReadOnlyList<MemoryResource> Read(IConfiguration configuration) =>
        [.. configuration.GetSection(Path).GetChildren().Select(ReadOne)];

    private static MemoryResource ReadOne(IConfigurationSection section)
    {
        var type = GranaryJson.Default.MemoryResource;
        var json = ToJson(section, type) as JsonObject ?? throw Wrong(section, "must be a section");
        if (!json.ContainsKey("name"))
        {
            json["name"] = int.TryParse(section.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? throw new SettingException($"{section.Path}:Name is required.")
                : section.Key;
        }

        try
        {
            return json.Deserialize(type)!;
        }
        catch (JsonException error)
        {
            throw Wrong(section, $"is wrong at {error.Path?.TrimStart('$', '.')}");
        }
    }

    private static JsonNode? ToJson(IConfigurationSection section, JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => ToObject(section, type),
        JsonTypeInfoKind.Enumerable => new JsonArray([.. section.GetChildren().Select(item => ToJson(item, InfoOf(type, type.ElementType!)))]),
        _ => ToValue(section, Nullable.GetUnderlyingType(type.Type) ?? type.Type),
    };

    private static JsonObject ToObject(IConfigurationSection section, JsonTypeInfo type)
    {
        var json = new JsonObject();
        foreach (var child in section.GetChildren())
        {
            var property = type.Properties.FirstOrDefault(property => SameName(property.Name, child.Key))
                ?? throw new SettingException($"{child.Path} is not a setting. There are: {string.Join(", ", type.Properties.Select(property => property.Name))}.");
            json[property.Name] = ToJson(child, InfoOf(type, property.PropertyType));
        }

        return json;
    }

    private static JsonNode? ToValue(IConfigurationSection section, Type type)
    {
        if (section.Value is not { Length: > 0 } text)
        {
            return null;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out var value) ? value : throw Wrong(section, "must be true or false");
        }

        if (type == typeof(int) || type == typeof(long))
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(section, "must be a whole number");
        }

        if (type == typeof(double))
        {
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(section, "must be a number");
        }

        if (type.IsEnum)
        {
            return Enum.GetNames(type).FirstOrDefault(name => SameName(name, text)) is { } known
                ? JsonNamingPolicy.SnakeCaseLower.ConvertName(known)
                : throw Wrong(section, "must be one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)));
        }

        return text;
    }

    private static JsonTypeInfo InfoOf(JsonTypeInfo parent, Type type) => parent.Options.GetTypeInfo(type);

    private static bool SameName(string one, string other) =>
        string.Equals(one.Replace("_", ""), other.Replace("_", "").Replace("-", ""), StringComparison.OrdinalIgnoreCase);

    private static SettingException Wrong(IConfigurationSection section, string rule) =>
        new($"{section.Path} {rule}{(section.Value is null ? "" : $", not '{section.Value}'")}.");
}
